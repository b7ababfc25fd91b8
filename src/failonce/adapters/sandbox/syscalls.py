"""The numbers of the kernel's calls, by name, for the processors that we filter on."""

from typing import Final

from failonce.adapters.sandbox.bpf import Machine

NEWEST: Final = 467
"""The newest number that was looked at (Linux 6.15); those from 424 on are the same everywhere."""

_TABLE: Final = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, open 2 -, openat 257 56, openat2 437 437,
creat 85 -, close 3 57, close_range 436 436, lseek 8 62, dup 32 23, dup2 33 -, dup3 292 24, pipe
22 -, pipe2 293 59, fcntl 72 25, flock 73 32, fsync 74 82, fdatasync 75 83, sync_file_range 277
84, truncate 76 45, ftruncate 77 46, fallocate 285 47, fadvise64 221 223, readahead 187 213,
sendfile 40 71, copy_file_range 326 285, ioctl 16 29, umask 95 166,
stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44,
access 21 -, faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78, getdents 78
-, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -, renameat 264 38,
renameat2 316 276, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, link 86
-, linkat 265 37, symlink 88 -, symlinkat 266 36, mknod 133 -, mknodat 259 33, chmod 90 -, fchmod
91 52, fchmodat 268 53, utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88, getxattr
191 8, lgetxattr 192 9, fgetxattr 193 10, listxattr 194 11, llistxattr 195 12, flistxattr 196 13,
fchmodat2 452 452,
mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, mincore 27
232, msync 26 227, membarrier 324 283,
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136,
rt_sigsuspend 130 133, rt_sigtimedwait 128 137, sigaltstack 131 132, kill 62 129, tkill 200 130,
tgkill 234 131, pause 34 -, restart_syscall 219 128, signalfd 282 -, signalfd4 289 74, eventfd
284 -, eventfd2 290 19, nanosleep 35 101, clock_nanosleep 230 115, clock_gettime 228 113,
clock_getres 229 114, gettimeofday 96 169, time 201 -, times 100 153, alarm 37 -, getitimer 36
102, setitimer 38 103, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87,
futex 202 98, futex_waitv 449 449, set_robust_list 273 99, get_robust_list 274 100,
set_tid_address 218 96, gettid 186 178, sched_yield 24 124, sched_getaffinity 204 123,
sched_setaffinity 203 122, sched_getparam 143 121, sched_getscheduler 145 120,
sched_get_priority_max 146 125, sched_get_priority_min 147 126, rseq 334 293, arch_prctl 158 -,
getcpu 309 168, exit 60 93, exit_group 231 94, clone 56 220, clone3 435 435, fork 57 -, vfork 58
-, execve 59 221, execveat 322 281, wait4 61 260, waitid 247 95, getpid 39 172, getppid 110 173,
getpgrp 111 -, getpgid 121 155, setpgid 109 154, getsid 124 156, setsid 112 157, getuid 102 174,
geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150, getgroups
115 158, capget 125 90, uname 63 160, sysinfo 99 179, getrusage 98 165, getrlimit 97 163,
setrlimit 160 164, prlimit64 302 261, getpriority 140 141, prctl 157 167, getrandom 318 278,
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, socketpair 53 199,
socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242, sendto
44 206, recvfrom 45 207, sendmsg 46 211, recvmsg 47 212, sendmmsg 307 269, recvmmsg 299 243,
shutdown 48 210, getsockname 51 204, getpeername 52 205, getsockopt 55 209, setsockopt 54 208,
ptrace 101 117, process_vm_readv 310 270, pidfd_getfd 438 438, keyctl 250 219, add_key 248 217,
io_uring_setup 425 425, bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, mount 165 40,
move_mount 429 429, open_tree 428 428, mount_setattr 442 442, unshare 272 97, setns 308 268,
kexec_load 246 104, personality 135 92, seccomp 317 277, memfd_create 319 279, shmget 29 194,
setresuid 117 147, capset 126 91, inotify_init1 294 26, landlock_create_ruleset 444 444
"""
_ROWS = tuple(row.split() for row in _TABLE.replace("\n", " ").split(", "))
_COLUMN = {Machine.X86_64: 1, Machine.AARCH64: 2}


def numbers(machine: Machine) -> dict[str, int]:
    """Name to number; calls that this kind of processor does not have are left out."""
    column = _COLUMN[machine]
    return {row[0]: int(row[column]) for row in _ROWS if row[column] != "-"}
