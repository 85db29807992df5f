#include "cmd/confine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "sys/sandbox.h"

static int make_folder(const char *dir, mode_t mode, const struct sandbox_user *user,
		       struct fault *f)
{
	if (io_exists(dir))
		return 0;
	int r = io_mkdirs(dir, mode, f);
	if (r == 0 && user != NULL && chown(dir, user->uid, user->gid) < 0)
		r = fault_set(f, YORE_EACCESS, "%s: cannot be given to %s: %s", dir,
			      user->name, strerror(errno));
	return r;
}

/* A reader's scratch goes where it still may: /tmp is out of reach behind the sandbox. */
static int use_own_scratch(const char *dir, struct fault *f)
{
	struct buf path;
	buf_init(&path, 16 << 10);
	buf_printf(&path, "%s/scratch", dir);
	int r = io_mkdirs(buf_str(&path), 0700, f);
	if (r == 0 && setenv("TMPDIR", buf_str(&path), 1) < 0)
		r = YORE_ENOMEM;
	buf_release(&path);
	return r;
}

/* Where the engine keeps its journal, see store/rocks_options.c: only if it is ours. */
static bool journal_folder(char *path, size_t room)
{
	struct stat st;
	snprintf(path, room, "/dev/shm/yore-%u", (unsigned)geteuid());
	(void)mkdir(path, 0700);
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 077) == 0;
}

static int restrict_files(const char *dir, const char *also, struct fault *f)
{
	char journal[64];
	const char *folders[3] = {dir};
	size_t n = 1;
	if (also != NULL)
		folders[n++] = also;
	if (journal_folder(journal, sizeof(journal)))
		folders[n++] = journal;
	int r = sandbox_files(folders, n, f);
	if (r == 0)
		log_warn("this kernel has no Landlock: files elsewhere are only "
			 "protected by their modes");
	return r < 0 ? r : 0;
}

int confine_to(const char *dir, const char *also, const char *name, bool sandbox,
	       struct fault *f)
{
	struct sandbox_user user, *who = NULL;
	int r = 0;
	if (name != NULL) {
		r = sandbox_user_find(name, &user, f);
		who = &user;
	} else if (geteuid() == 0 && sandbox) {
		log_info("running as root, without its capabilities");
	}
	if (r == 0)
		r = make_folder(dir, 0750, who, f);
	if (r == 0 && also != NULL)
		r = make_folder(also, 0700, who, f);
	if (r == 0 && (who != NULL || sandbox))
		r = sandbox_drop(who, f);
	if (r == 0 && sandbox)
		r = use_own_scratch(dir, f);
	if (r == 0 && sandbox)
		r = restrict_files(dir, also, f);
	return r;
}
