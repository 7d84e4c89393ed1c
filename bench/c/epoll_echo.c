/* The yardstick of `bench/run engine`: an edge-triggered epoll echo server on one thread, as plainly as C can say it.
   usage: epoll_echo PORT   (127.0.0.1; ends with its standard input) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2) { fprintf(stderr, "usage: epoll_echo PORT\n"); return 2; }
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) { perror("epoll_echo"); return 1; }

    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    event = (struct epoll_event){ .events = EPOLLIN, .data.fd = 0 };
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);

    static char buffer[32768];
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == 0) {
                return 0;
            }
            if (fd == listener) {
                int client;
                while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    event = (struct epoll_event){ .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = client };
                    epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
                }
                continue;
            }
            for (;;) {
                ssize_t received = recv(fd, buffer, sizeof buffer, 0);
                if (received <= 0) {
                    if (received == 0 || errno != EAGAIN) close(fd);
                    break;
                }
                if (send(fd, buffer, received, MSG_NOSIGNAL) != received) { close(fd); break; }
                if (received < (ssize_t)sizeof buffer) break; /* Less than asked for: that was all, as the engine judges too. */
            }
        }
    }
}
