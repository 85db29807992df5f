#include "http/url.h"
#include "tap.h"

static const char *escaped(const char *s, const char *keep)
{
	static struct buf b;
	buf_release(&b);
	buf_init(&b, 1000);
	url_put(&b, BYTES_STR(s), keep);
	return buf_str(&b);
}

int main(void)
{
	is_str(escaped("www.example.com", NULL), "www.example.com", "a name stays");
	is_str(escaped("*.a b/c?d#e%\xc3\xa9", NULL), "%2A.a%20b%2Fc%3Fd%23e%25%C3%A9",
	       "everything else is escaped");
	is_str(escaped("2001:db8::1,32", ":"), "2001:db8::1%2C32", "what may stay stays");
	is_int(url_check("https://api.example.net/x", NULL), 0, "https");
	is_int(url_check("http://127.0.0.1:8080", NULL), 0, "http");
	is_int(url_check("ftp://example.net/", NULL), YORE_EMALFORMED, "no ftp");
	is_int(url_check("file:///etc/passwd", NULL), YORE_EMALFORMED, "no file");
	is_int(url_check("https://u:p@example.net/", NULL), YORE_EMALFORMED,
	       "no password");
	is_int(url_check("nonsense", NULL), YORE_EMALFORMED, "not a URL");
	ok(url_same_origin("https://a.example/x", "HTTPS://A.example:443/y?z"), "same");
	ok(!url_same_origin("https://a.example/", "http://a.example/"), "other scheme");
	ok(!url_same_origin("https://a.example/", "https://b.example/"), "other host");
	ok(!url_same_origin("https://a.example/", "https://a.example:444/"),
	   "other port");
	ok(url_is_private("https://api.example.net/"), "TLS is private");
	ok(url_is_private("http://127.0.0.1:1/"), "loopback is private");
	ok(url_is_private("http://[::1]:1/"), "so it is in IPv6");
	ok(!url_is_private("http://api.example.net/"), "plain HTTP is not");
	ok(!url_is_private("http://127.0.0.1.example.net/"),
	   "a name that looks so is not");
	char host[URL_HOST_MAX];
	url_host("https://API.Example.net:444/p", host);
	is_str(host, "api.example.net", "the host");
	return tap_done();
}
