/* Which system calls are left: seccomp. */
#include "sys/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>

#define CALL(name) SCMP_SYS(name)

/* What reading, writing, threads, memory and waiting need, the database's among them. */
static const int allowed[] = {
    CALL(read),
    CALL(readv),
    CALL(pread64),
    CALL(preadv),
    CALL(write),
    CALL(writev),
    CALL(pwrite64),
    CALL(pwritev),
    CALL(lseek),
    CALL(close),
    CALL(close_range),
    CALL(openat),
    CALL(open),
    CALL(creat),
    CALL(stat),
    CALL(fstat),
    CALL(lstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(statfs),
    CALL(fstatfs),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(getcwd),
    CALL(mkdir),
    CALL(mkdirat),
    CALL(rmdir),
    CALL(unlink),
    CALL(unlinkat),
    CALL(rename),
    CALL(renameat),
    CALL(renameat2),
    CALL(link),
    CALL(linkat),
    CALL(fsync),
    CALL(fdatasync),
    CALL(sync_file_range),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(fadvise64),
    CALL(readahead),
    CALL(flock),
    CALL(fcntl),
    CALL(dup),
    CALL(dup3),
    CALL(umask),
    CALL(fchmod),
    CALL(utimensat),
    CALL(mmap),
    CALL(munmap),
    CALL(mremap),
    CALL(mprotect),
    CALL(madvise),
    CALL(msync),
    CALL(brk),
    CALL(mincore),
    CALL(futex),
    CALL(set_robust_list),
    CALL(get_robust_list),
    CALL(rseq),
    CALL(set_tid_address),
    CALL(exit),
    CALL(exit_group),
    CALL(sched_yield),
    CALL(sched_getaffinity),
    CALL(sched_setaffinity),
    CALL(sched_getparam),
    CALL(sched_getscheduler),
    CALL(sched_setscheduler),
    CALL(getpriority),
    CALL(setpriority),
    CALL(ioprio_get),
    CALL(ioprio_set),
    CALL(getcpu),
    CALL(prctl),
    CALL(arch_prctl),
    CALL(gettid),
    CALL(getpid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(tgkill),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(rt_sigtimedwait),
    CALL(sigaltstack),
    CALL(restart_syscall),
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(clock_nanosleep),
    CALL(nanosleep),
    CALL(gettimeofday),
    CALL(time),
    CALL(times),
    CALL(getrusage),
    CALL(sysinfo),
    CALL(uname),
    CALL(getrandom),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(eventfd2),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(pipe2),
    CALL(accept),
    CALL(accept4),
    CALL(recvfrom),
    CALL(recvmsg),
    CALL(recvmmsg),
    CALL(sendto),
    CALL(sendmsg),
    CALL(sendmmsg),
    CALL(sendfile),
    CALL(shutdown),
    CALL(getsockopt),
    CALL(setsockopt),
    CALL(getsockname),
    CALL(getpeername),
    CALL(inotify_init1),
    CALL(inotify_add_watch),
    CALL(inotify_rm_watch),
    CALL(getrlimit),
    CALL(membarrier),
};

static const int sockets[] = {CALL(socket), CALL(socketpair), CALL(connect), CALL(bind),
			      CALL(listen)};

/* Nobody calls these by mistake. */
static const int deadly[] = {
    CALL(execve),
    CALL(execveat),
    CALL(ptrace),
    CALL(process_vm_readv),
    CALL(process_vm_writev),
    CALL(mount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(chroot),
    CALL(setns),
    CALL(unshare),
    CALL(init_module),
    CALL(finit_module),
    CALL(delete_module),
    CALL(kexec_load),
    CALL(kexec_file_load),
    CALL(bpf),
    CALL(reboot),
    CALL(swapon),
    CALL(swapoff),
    CALL(userfaultfd),
};

static int add_all(scmp_filter_ctx c, uint32_t action, const int *calls, size_t n)
{
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add(c, action, calls[i], 0);
	return r;
}

#define ADD_ALL(c, action, list) add_all(c, action, list, sizeof(list) / sizeof(*(list)))

/* clone() only as a thread; clone3()'s flags cannot be looked at, so libc falls back. */
static int add_special(scmp_filter_ctx c)
{
	int r = seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(clone), 1,
				 SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
					 CLONE_THREAD | CLONE_VM));
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	/* reading a limit; setting one would need a second argument that is not NULL */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(prlimit64), 1,
				     SCMP_A2(SCMP_CMP_EQ, 0));
	/* of a terminal: is it one, how wide is it */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(ioctl), 1,
				     SCMP_A1(SCMP_CMP_EQ, 0x5401 /* TCGETS */));
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, CALL(ioctl), 1,
				     SCMP_A1(SCMP_CMP_EQ, 0x5413 /* TIOCGWINSZ */));
	return r;
}

int sandbox_calls(enum sandbox_calls_kind kind, struct fault *f)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (c == NULL)
		return fault_set(f, YORE_ENOMEM, "seccomp: no memory for a filter");
	int r = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = ADD_ALL(c, SCMP_ACT_ALLOW, allowed);
	if (r == 0 && kind == SANDBOX_SOCKETS)
		r = ADD_ALL(c, SCMP_ACT_ALLOW, sockets);
	if (r == 0)
		r = ADD_ALL(c, SCMP_ACT_KILL_PROCESS, deadly);
	if (r == 0)
		r = add_special(c);
	if (r == 0)
		r = seccomp_load(c);
	seccomp_release(c);
	return r < 0 ? fault_set(f, YORE_EIO, "seccomp: %s", strerror(-r)) : 0;
}
