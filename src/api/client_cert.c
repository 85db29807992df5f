#include "api/client_cert.h"

#include <gnutls/gnutls.h>

bool client_cert_good(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	unsigned count = 0, status = 0;
	if (info == NULL || info->tls_session == NULL)
		return false;
	gnutls_session_t session = info->tls_session;
	return gnutls_certificate_get_peers(session, &count) != NULL && count > 0 &&
	       gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0;
}
