package cli_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestHost_ServesMetricsWhereItSays(t *testing.T) {
	c := start(t, options(t, nil), "host", "--json", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
	ready := c.await("ready")
	url, _ := ready["metrics"].(string)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), "earshot_room_participants{") {
		t.Errorf("%v: %.200s", err, body)
	}
	other := start(t, options(t, nil), "host", "--listen", "127.0.0.1:0", "--metrics", req.URL.Host)
	other.exit(1)
	if s := other.stderr.String(); !strings.Contains(s, "choose another with --metrics") {
		t.Errorf("stderr %q", s)
	}
}
