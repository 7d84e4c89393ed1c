// Two processes that wake each other in turn, the smallest there is of it: what one parked round trip costs on this machine.
//   wake_ping KIND CPU_A CPU_B [ROUNDS] [PAUSE_US]     KIND: futex | eventfd | fifo | pipe | spin     CPU -1: not pinned
// eventfd, fifo and pipe wait in epoll_wait, as an engine does (it has sockets to wait for as well): edge triggered and not read, except
// for pipe, which reads its byte each time. With a pause both sides are asleep, and the
// processor too, before each round trip. Prints the median in microseconds.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int *turn; // 0: the first process may go, 1: the second one
static int bell[2][2];   // [process][read, write]
static int poll_of[2];
static enum { FUTEX, EVENTFD, FIFO, PIPE, SPIN } kind;
static int rings_heard;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void pin(int cpu) {
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
}

static void wait_for(int me) {
    if (kind == FUTEX) {
        while (atomic_load(turn) != me) {
            syscall(SYS_futex, turn, FUTEX_WAIT, 1 - me, NULL, NULL, 0);
        }
    } else if (kind == SPIN) {
        while (atomic_load(turn) != me) {
            __builtin_ia32_pause();
        }
    } else {
        struct epoll_event event;
        while (epoll_wait(poll_of[me], &event, 1, -1) != 1) {
        }
        char bytes[1024];
        if ((kind == PIPE || (kind == FIFO && ++rings_heard % 32 == 0)) && read(bell[me][0], bytes, sizeof bytes) < 1) {
            exit(1);
        }
    }
}

static void wake(int other) {
    uint64_t one = 1;
    if (kind == FUTEX) {
        atomic_store(turn, other);
        syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
    } else if (kind == SPIN) {
        atomic_store(turn, other);
    } else if (write(bell[other][1], &one, kind == EVENTFD ? 8 : 1) <= 0) {
        exit(1);
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: wake_ping futex|eventfd|fifo|pipe|spin CPU_A CPU_B [ROUNDS] [PAUSE_US]\n");
        return 2;
    }
    kind = !strcmp(argv[1], "futex") ? FUTEX : !strcmp(argv[1], "eventfd") ? EVENTFD : !strcmp(argv[1], "fifo") ? FIFO : !strcmp(argv[1], "pipe") ? PIPE : SPIN;
    int rounds = argc > 4 ? atoi(argv[4]) : 20000;
    int pause_us = argc > 5 ? atoi(argv[5]) : 0;
    turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 2; i++) {
        if (kind == PIPE || kind == FIFO) {
            if (pipe(bell[i]) != 0) {
                return 1;
            }
        } else {
            bell[i][0] = bell[i][1] = eventfd(0, EFD_NONBLOCK);
        }
        poll_of[i] = epoll_create1(0);
        struct epoll_event event = {.events = EPOLLIN | (kind == PIPE ? 0 : EPOLLET)};
        epoll_ctl(poll_of[i], EPOLL_CTL_ADD, bell[i][0], &event);
    }

    pid_t child = fork();
    if (child == 0) {
        pin(atoi(argv[3]));
        for (int i = 0; i < rounds; i++) {
            wait_for(1);
            wake(0);
        }
        _exit(0);
    }

    pin(atoi(argv[2]));
    double *took = malloc(sizeof(double) * rounds);
    for (int i = 0; i < rounds; i++) {
        if (pause_us > 0) {
            usleep(pause_us);
        }
        double start = now_us();
        wake(1);
        wait_for(0);
        took[i] = now_us() - start;
    }
    waitpid(child, NULL, 0);
    qsort(took, rounds, sizeof(double), ascending);
    printf("%.2f\n", took[rounds / 2]);
    return 0;
}
