//go:build linux && !headless && (production || dev) && !bindings

package app

/*
#cgo linux pkg-config: gtk+-3.0
#cgo !webkit2_41 pkg-config: webkit2gtk-4.0
#cgo webkit2_41 pkg-config: webkit2gtk-4.1

#include <string.h>
#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

// ours tells whether the page in the view is the program's own, whatever it has been led to.
static gboolean ours(WebKitWebView *view) {
	const gchar *uri = webkit_web_view_get_uri(view);
	return uri != NULL && strncmp(uri, "wails://wails/", 14) == 0;
}

// decide allows the microphone, and to name the devices there are, and leaves everything else to WebKit, which denies it.
static gboolean decide(WebKitWebView *view, WebKitPermissionRequest *request, gpointer data) {
	if (!ours(view)) return FALSE;
	if (WEBKIT_IS_USER_MEDIA_PERMISSION_REQUEST(request)) {
		WebKitUserMediaPermissionRequest *media = WEBKIT_USER_MEDIA_PERMISSION_REQUEST(request);
		if (!webkit_user_media_permission_is_for_audio_device(media)) return FALSE;
		if (webkit_user_media_permission_is_for_video_device(media)) return FALSE;
	} else if (!WEBKIT_IS_DEVICE_INFO_PERMISSION_REQUEST(request)) {
		return FALSE;
	}
	webkit_permission_request_allow(request);
	return TRUE;
}

static void find(GtkWidget *widget, gpointer data) {
	if (WEBKIT_IS_WEB_VIEW(widget)) {
		g_signal_connect(widget, "permission-request", G_CALLBACK(decide), NULL);
	} else if (GTK_IS_CONTAINER(widget)) {
		gtk_container_forall(GTK_CONTAINER(widget), find, data);
	}
}

static gboolean find_all(gpointer data) {
	GList *windows = gtk_window_list_toplevels();
	for (GList *each = windows; each != NULL; each = each->next) find(GTK_WIDGET(each->data), NULL);
	g_list_free(windows);
	return G_SOURCE_REMOVE;
}

static void allow_microphone(void) { g_idle_add(find_all, NULL); }
*/
import "C"

// allowMicrophone lets the page in the window use the microphone, which WebKitGTK denies unless the program says
// otherwise; Wails does not ask. It is called once the window is there.
func allowMicrophone() { C.allow_microphone() }
