#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hash.h"

static void hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

void digest_md5_hex(struct bytes b, char out[33])
{
	uint8_t md[EVP_MAX_MD_SIZE] = {0};
	unsigned len = 0;
	EVP_Digest(b.at, b.len, md, &len, EVP_md5(), NULL);
	hex(md, 16, out);
}

void digest_sha256_hex(struct bytes b, char out[65])
{
	uint8_t md[32];
	hash_wide(b.at, b.len, md);
	hex(md, 32, out);
}

void digest_hmac_sha256(struct bytes key, struct bytes b, uint8_t out[32])
{
	unsigned len = 0;
	if (HMAC(EVP_sha256(), key.at, (int)key.len, b.at, b.len, out, &len) == NULL)
		memset(out, 0, 32);
}
