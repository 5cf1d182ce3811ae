/**
 * A wall clock of an instance's own: a small C library that is preloaded into its processes adds to CLOCK_REALTIME
 * what a page says that all of them have mapped. Why it is our own: docs/decisions/0014-own-clock-library.md.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command, InstanceSpec } from "../../core/contracts/component.ts";
import { programIn } from "../artifacts/programs.ts";
import { STILL_PAGE } from "./page.ts";

/** The compiler's name in the table of artifacts. */
export const CLOCK_ARTIFACT = "c-compiler";
const CLOCK_LIBRARY = "clock.so";
const CLOCK_SOURCE = "clock.c";
const CLOCK_PAGE = "clock.page";
const PAGE_VARIABLE = "LAKEPROOF_CLOCK_PAGE";

/** The instance with a clock that can be shifted while it runs; the library is compiled once, before its first start. */
export function withShiftableClock(spec: InstanceSpec, compilerTree: string): InstanceSpec {
  const library = join(spec.dataDir, CLOCK_LIBRARY);
  const page = join(spec.dataDir, CLOCK_PAGE);
  const { command } = spec;
  return {
    ...spec,
    clockPage: page,
    files: { ...spec.files, [CLOCK_SOURCE]: CLOCK_C, [CLOCK_PAGE]: STILL_PAGE },
    prepare: [compile(compilerTree, join(spec.dataDir, CLOCK_SOURCE), library), ...spec.prepare],
    command: {
      ...command,
      env: { ...command.env, LD_PRELOAD: library, [PAGE_VARIABLE]: page },
    },
  };
}

/** No headers, no start files, no libraries: a compiler alone is enough. */
function compile(compilerTree: string, source: string, library: string): Command {
  const [cc, tcc] = ["cc", "tcc"].map((name) => programIn(compilerTree, name));
  const compiler = cc !== undefined && existsSync(cc) ? cc : (tcc ?? "tcc");
  return { argv: [compiler, "-shared", "-fPIC", "-nostdlib", "-o", library, source] };
}

/**
 * For 64-bit Linux. It takes no lock, allocates nothing and parses nothing, so that signal handlers and forks may
 * ask for the time. Monotonic clocks are never touched. A deadline that a program hands to the kernel is of the
 * clock it has read: one on the wall clock is turned back. The two kinds are told apart by their size, because a
 * monotonic clock counts from the machine's start and would reach 10^9 s after 31 years.
 */
const CLOCK_C = `typedef long long i64;
struct timespec { i64 sec, nsec; };
struct timeval { i64 sec, usec; };
struct itimerspec { struct timespec interval, value; };
void *dlsym(void *, const char *);
char *getenv(const char *);
int open(const char *, int, ...);
int close(int);
void *mmap(void *, unsigned long, int, int, int, long);

#define NEXT ((void *)-1)
#define SECOND 1000000000LL
#define WALL_FROM SECOND
#define ABSOLUTE 1

/* Nanoseconds ahead, since when (true wall clock, ns), parts per million more since then. */
static const i64 still[3];
static const volatile i64 *page;

static const volatile i64 *settings(void)
{
    if (!page) {
        const char *path = getenv("${PAGE_VARIABLE}");
        int file = path ? open(path, 02000000) : -1;
        void *found = file < 0 ? NEXT : mmap(0, 4096, 1, 1, file, 0);
        if (file >= 0) close(file);
        page = found == NEXT ? still : found;
    }
    return page;
}

static i64 ahead(const struct timespec *now)
{
    const volatile i64 *set = settings();
    i64 rate = set[2];
    i64 ns = set[0];
    if (rate) ns += (now->sec * SECOND + now->nsec - set[1]) * rate / 1000000;
    return ns;
}

static void shift(struct timespec *time, i64 ns)
{
    time->sec += ns / SECOND;
    time->nsec += ns % SECOND;
    if (time->nsec < 0) { time->nsec += SECOND; time->sec -= 1; }
    if (time->nsec >= SECOND) { time->nsec -= SECOND; time->sec += 1; }
}

static int trueTime(int clock, struct timespec *time)
{
    static int (*next)(int, struct timespec *);
    if (!next) next = dlsym(NEXT, "clock_gettime");
    return next(clock, time);
}

/* Real time, its coarse and its alarm twin, and atomic time. */
static int isWall(int clock)
{
    return clock == 0 || clock == 5 || clock == 8 || clock == 11;
}

int clock_gettime(int clock, struct timespec *time)
{
    int failed = trueTime(clock, time);
    if (!failed && isWall(clock)) shift(time, ahead(time));
    return failed;
}

int gettimeofday(struct timeval *time, void *zone)
{
    struct timespec now;
    if (time) {
        clock_gettime(0, &now);
        time->sec = now.sec;
        time->usec = now.nsec / 1000;
    }
    return 0;
}

i64 time(i64 *seconds)
{
    struct timespec now;
    clock_gettime(0, &now);
    if (seconds) *seconds = now.sec;
    return now.sec;
}

int timespec_get(struct timespec *time, int base)
{
    if (base == 1) return clock_gettime(0, time) ? 0 : base;
    static int (*next)(struct timespec *, int);
    if (!next) next = dlsym(NEXT, "timespec_get");
    return next(time, base);
}

static const struct timespec *truly(const struct timespec *deadline, struct timespec *own)
{
    struct timespec now;
    if (!deadline || deadline->sec < WALL_FROM) return deadline;
    trueTime(0, &now);
    *own = *deadline;
    shift(own, -ahead(&now));
    return own;
}

int pthread_cond_timedwait(void *condition, void *mutex, const struct timespec *deadline)
{
    static int (*next)(void *, void *, const struct timespec *);
    struct timespec own;
    if (!next) next = dlsym(NEXT, "pthread_cond_timedwait");
    return next(condition, mutex, truly(deadline, &own));
}

#define WAIT(name) \\
    int name(void *what, const struct timespec *deadline) \\
    { \\
        static int (*next)(void *, const struct timespec *); \\
        struct timespec own; \\
        if (!next) next = dlsym(NEXT, #name); \\
        return next(what, truly(deadline, &own)); \\
    }
WAIT(pthread_mutex_timedlock)
WAIT(pthread_rwlock_timedrdlock)
WAIT(pthread_rwlock_timedwrlock)
WAIT(sem_timedwait)

int clock_nanosleep(int clock, int flags, const struct timespec *time, struct timespec *rest)
{
    static int (*next)(int, int, const struct timespec *, struct timespec *);
    struct timespec own;
    if (!next) next = dlsym(NEXT, "clock_nanosleep");
    return next(clock, flags, flags & ABSOLUTE ? truly(time, &own) : time, rest);
}

static const struct itimerspec *trueTimer(int flags, const struct itimerspec *given, struct itimerspec *own)
{
    if (!given || !(flags & ABSOLUTE)) return given;
    *own = *given;
    own->value = *truly(&given->value, &own->value);
    return own;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *given, struct itimerspec *before)
{
    static int (*next)(int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec own;
    if (!next) next = dlsym(NEXT, "timerfd_settime");
    return next(timer, flags, trueTimer(flags, given, &own), before);
}

int timer_settime(void *timer, int flags, const struct itimerspec *given, struct itimerspec *before)
{
    static int (*next)(void *, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec own;
    if (!next) next = dlsym(NEXT, "timer_settime");
    return next(timer, flags, trueTimer(flags, given, &own), before);
}
`;
