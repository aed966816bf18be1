package doctor

import "context"

// askSystem asks the operating system about its firewall, its permissions and its sound devices.
func askSystem(context.Context) (System, Sound) { return System{}, Sound{} }
