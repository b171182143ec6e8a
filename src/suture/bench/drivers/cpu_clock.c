/* Preloaded into peers whose time limits read the wall clock: their clocks then show start + CPU time of the process,
   so that a limit in seconds is one in CPU seconds however busy the machine is. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void now(clockid_t clock, struct timespec *out) {
    static struct timespec start[2];
    struct timespec cpu;
    struct timespec *base = &start[clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE];
    if (base->tv_sec == 0 && base->tv_nsec == 0)
        syscall(SYS_clock_gettime, clock, base);
    syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &cpu);
    long nanoseconds = base->tv_nsec + cpu.tv_nsec;
    out->tv_sec = base->tv_sec + cpu.tv_sec + nanoseconds / 1000000000L;
    out->tv_nsec = nanoseconds % 1000000000L;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    switch (clock) {
    case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE: case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE: case CLOCK_BOOTTIME:
        now(clock, out);
        return 0;
    default:
        return syscall(SYS_clock_gettime, clock, out);
    }
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec t;
    (void)zone;
    now(CLOCK_REALTIME, &t);
    out->tv_sec = t.tv_sec;
    out->tv_usec = t.tv_nsec / 1000;
    return 0;
}
