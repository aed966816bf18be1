// Package bridge lets an ordinary browser be the window: it serves the app's page on a loopback address and carries the
// same bound methods and events that the Wails window has over one WebSocket for each page.
//
// # Wire
//
// The page is opened as http://127.0.0.1:PORT/#token=T (and &join=REF to enter a room at once). A fragment is never sent
// to a server, so the token is in no request line but the WebSocket's own, and the page strips it from the address bar.
// A browser that the app starts gets http://127.0.0.1:PORT/#ticket=T instead (ticket.go).
//
//	GET /bridge?token=T&page=P       WebSocket; P is the page's random id, 8 to 64 letters, digits, '-' or '_'
//	GET /bridge?ticket=T&page=P      the same, once; the token comes first
//	app -> page   {"event":"token","data":"..."}
//	page -> app   {"id":1,"method":"Join","args":[{...}]}
//	app -> page   {"id":1,"result":...}                                        null where the method returns nothing
//	app -> page   {"id":1,"error":{"code":"room_full","detail":"..."}}
//	app -> page   {"event":"state","data":{...}}
//
// Messages are UTF-8 text. One that is no call at all closes the connection with 1007; a binary one with 1003; one above
// Limits.MaxMessage with 1009. A second connection of the same page id takes over from the first, which is closed with
// CloseReplaced: it is a duplicated tab, and needs an id of its own before it connects again.
//
// # What is guaranteed
//
// Each call gets its own goroutine in the order of arrival, as in the Wails window; so a call may overtake an earlier one.
// What must follow a call (a candidate its Join, an unmute its mute) is sent when that call has been answered.
// PageHere comes before a page's first call, PageGone after its last one has returned, each once however often the page
// reconnects in between. They come one at a time.
//
// Every event carries whole state, never a difference: events that a page has not been sent yet are replaced by a newer
// one of the same name. Replies are never dropped. Nothing is promised about the order between replies and events; the
// values carry revisions. So what is kept for a page is bounded by the number of event names and of calls in flight. A
// page that takes nothing for Limits.DeadAfter is dropped.
//
// # What keeps other web pages out
//
// Any page of any site may send requests to 127.0.0.1. It gets nowhere: the Host must be exactly ours (no DNS
// rebinding), only GET and HEAD exist, the WebSocket wants the exact Origin and a token of 256 random bits that is new
// at each launch, and the static files hold nothing private. Other programs of the same user are trusted, as everywhere. Other users
// of the computer see the arguments of a browser that we start, and find only a used ticket there.
package bridge
