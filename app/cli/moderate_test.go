package cli_test

import "testing"

func TestHost_ARoomThatIsKnockedAt(t *testing.T) {
	host, _, address := hosting(t, "--knock", "--no-recording")
	jun := start(t, options(t, nil), "join", address, "--name", "Jun", "--json")
	jun.await("waiting")
	knock := host.await("knock")
	if knock["name"] != "Jun" || len(knock["key"].(string)) != 43 {
		t.Errorf("the host was told %v", knock)
	}
	_, _, other := hosting(t, "--lock", "--moderator", knock["key"].(string))
	stranger := start(t, options(t, nil), "join", other, "--name", "Eve", "--json")
	if ended := stranger.await("ended"); ended["code"] != "locked" {
		t.Errorf("a stranger at a locked room: %v", ended)
	}
	recorder := start(t, options(t, nil), "join", address, "--name", "Rec", "--record", t.TempDir(), "--json")
	if ended := recorder.await("ended"); ended["code"] != "no_recording" {
		t.Errorf("who records: %v", ended)
	}
}
