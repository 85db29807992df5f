/* Who we are: users, groups, capabilities. */
#include "sys/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/num.h"

int sandbox_user_find(const char *name, struct sandbox_user *ret, struct fault *f)
{
	const struct passwd *p = getpwnam(name);
	if (p == NULL)
		return fault_set(f, YORE_ENOENT, "there is no user '%.60s'", name);
	*ret = (struct sandbox_user){.uid = p->pw_uid, .gid = p->pw_gid};
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	return 0;
}

int sandbox_group_find(const char *name, gid_t *ret, struct fault *f)
{
	uint64_t number;
	const struct group *g = getgrnam(name);
	if (g != NULL)
		*ret = g->gr_gid;
	else if (num_u64(name, INT32_MAX, &number) == 0)
		*ret = (gid_t)number;
	else
		return fault_set(f, YORE_ENOENT, "there is no group '%.60s'", name);
	return 0;
}

static int refused(const char *what, struct fault *f)
{
	return fault_set(f, YORE_EACCESS, "giving up privileges: %s: %s", what,
			 strerror(errno));
}

static int become(const struct sandbox_user *user, struct fault *f)
{
	if (user->uid == getuid() && user->uid == geteuid())
		return 0;
	if (setgroups(0, NULL) < 0)
		return refused("groups", f);
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return refused("group", f);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return refused("user", f);
	return 0;
}

/*
 * The bounding set takes CAP_SETPCAP; without it (a service that only ever had
 * CAP_NET_RAW) nothing can be had from the bounding set either, with no new privileges.
 */
static int drop_capabilities(struct fault *f)
{
	capng_get_caps_process();
	capng_select_t which = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT;
	if (capng_have_capability(CAPNG_PERMITTED, CAP_SETPCAP)) {
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_SETPCAP);
		if (capng_apply(CAPNG_SELECT_CAPS) != 0)
			return refused("capabilities", f);
		which = CAPNG_SELECT_ALL;
	}
	capng_clear(CAPNG_SELECT_ALL);
	return capng_apply(which) != 0 ? refused("capabilities", f) : 0;
}

int sandbox_drop(const struct sandbox_user *user, struct fault *f)
{
	/* over the change of user, only to empty the bounding set behind it */
	if (prctl(PR_SET_KEEPCAPS, 1) < 0)
		return refused("capabilities", f);
	int r = user ? become(user, f) : 0;
	if (r == 0)
		r = drop_capabilities(f);
	if (r == 0 &&
	    (prctl(PR_SET_KEEPCAPS, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0))
		r = refused("no new privileges", f);
	if (r == 0 && user != NULL && user->uid != 0 && setuid(0) == 0)
		r = fault_set(f, YORE_EACCESS,
			      "giving up privileges: the way back is open");
	return r;
}
