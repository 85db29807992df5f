/* Where files may be written: Landlock. */
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"

#define ACCESS_TRUNCATE (1ULL << 14) /* since version 3 of the interface */

#define MAKING                                                            \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)
#define NEVER                                                          \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |   \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static uint64_t writing(long version)
{
	uint64_t a = LANDLOCK_ACCESS_FS_WRITE_FILE | MAKING;
	if (version >= 2) /* moving a file from one folder to another */
		a |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		a |= ACCESS_TRUNCATE;
	return a;
}

static int allow(int rules, const char *folder, uint64_t access, struct fault *f)
{
	int fd = io_open(folder, O_PATH | O_DIRECTORY, 0, f);
	if (fd < 0)
		return fd;
	struct landlock_path_beneath_attr rule = {.allowed_access = access,
						  .parent_fd = fd};
	long r =
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
	return r < 0 ? fault_set(f, YORE_EIO, "%s: Landlock: %s", folder, strerror(errno))
		     : 0;
}

static int restrict_self(int rules, struct fault *f)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return fault_set(f, YORE_EIO, "Landlock: %s", strerror(errno));
	return 1;
}

int sandbox_files(const char *const *folders, size_t count, struct fault *f)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return 0;
	uint64_t access = writing(version);
	struct landlock_ruleset_attr what = {.handled_access_fs = access | NEVER};
	long rules = syscall(SYS_landlock_create_ruleset, &what, sizeof(what), 0);
	if (rules < 0)
		return fault_set(f, YORE_EIO, "Landlock: %s", strerror(errno));
	int r = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = allow((int)rules, folders[i], access, f);
	if (r == 0)
		r = restrict_self((int)rules, f);
	close((int)rules);
	return r;
}
