// Package cli is the command line of Earshot: it picks the mode, and is the modes that need no page: host, rooms and
// join. Those are real hosts and participants, built on the same packages as the app.
//
// What scripts rely on: with --json every line on standard output is one JSON object with an "event", and nothing else
// is; all text for people goes to standard error then. The exit code is 0 when the command did what was asked, 1 when it
// failed, 2 when it was called wrongly. Flags win over the environment (EARSHOT_<FLAG>), which wins over settings.
package cli
