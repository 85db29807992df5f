/* Certificates of clients, for centres that want them of their sensors. */
#ifndef YORE_API_CLIENT_CERT_H
#define YORE_API_CLIENT_CERT_H

#include <microhttpd.h>
#include <stdbool.h>

/* Has the other side shown a certificate that the authorities given vouch for? */
bool client_cert_good(struct MHD_Connection *c);

#endif
