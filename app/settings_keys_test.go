package app

import "testing"

func usualKeys() *Keys {
	k := new(Keys)
	k.defaults()
	return k
}

func TestKeys_OnlyWhatAKeyboardHasAndAPageDoesNotNeed(t *testing.T) {
	if err := usualKeys().check(); err != nil {
		t.Fatalf("the defaults: %v", err)
	}
	window := func(key string) *Keys {
		k := usualKeys()
		k.Window.Talk = key
		return k
	}
	system := func(key string) *Keys {
		k := usualKeys()
		k.System.Mute = key
		return k
	}
	for name, k := range map[string]*Keys{
		"none": window(""), "a letter": window("KeyV"), "a modifier alone": window("ControlRight"),
		"modifiers": window("Ctrl+Alt+Shift+Meta+F24"), "everywhere": system("Ctrl+Shift+KeyM"), "alone everywhere": system("F9"),
	} {
		if err := k.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, k := range map[string]*Keys{
		"an unknown mode": {Mode: "shout"}, "no mode": {}, "a letter, not a place": window("m"), "tab": window("Tab"),
		"escape": window("Ctrl+Escape"), "another order": window("Shift+Ctrl+KeyM"), "markup": window("<b>"), "modifiers of nothing": window("Ctrl+"),
		"one for two": window("KeyM"), "a letter everywhere": system("KeyM"), "a capital everywhere": system("Shift+KeyM"), "space everywhere": system("Space"),
	} {
		if k.check() == nil {
			t.Errorf("%s is taken: %+v", name, k)
		}
	}
}

func TestKeys_AreKeptAndAnOlderFileHasTheUsualOnes(t *testing.T) {
	dir := t.TempDir()
	s, err := loadSettings(dir)
	if err != nil || s.Keys != *usualKeys() {
		t.Fatalf("%+v, %v", s.Keys, err)
	}
	s.Keys.Mode, s.Keys.System.Talk = TalkWhilePress, "F8"
	if err := s.save(dir); err != nil {
		t.Fatal(err)
	}
	if again, err := loadSettings(dir); err != nil || again.Keys != s.Keys {
		t.Fatalf("%+v, %v", again.Keys, err)
	}
}
