/* Many WebSocket readers in one process: measures when an event has reached the last of them.

   live_readers PORT PATH READERS DEAF SUBSCRIBE [MARK]

   PATH gets the reader's number where it says %d. DEAF of the READERS never read. SUBSCRIBE is sent after the handshake ("" for
   nothing). Prints "ready" when all are connected; reads until SIGTERM and then prints one line "number sent_ns last_ns count"
   for each event, which carries "d":[number,sent_ns] on CLOCK_MONOTONIC; where another program writes it otherwise, MARK is what stands
   before the number. With PORT 0 the readers are sockets that were opened before: their numbers are read from standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 100000, CHUNK = 1 << 18, KEPT = 64 };

static struct { int64_t sent, last; int count; } seen[EVENTS];
static char kept[20000][KEPT]; /* the end of what a reader got before, where an event may be cut */
static int kept_length[20000];

static const char *mark = "\"d\":[";
static volatile sig_atomic_t is_over;

static void stop(int number) {
    (void)number;
    is_over = 1;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_text(int fd, const char *text) {
    char frame[1024];
    int length = strlen(text), head = length < 126 ? 6 : 8;
    frame[0] = (char)0x81;
    if (length < 126) frame[1] = (char)(0x80 | length);
    else frame[1] = (char)(0x80 | 126), frame[2] = length >> 8, frame[3] = length & 255;
    memset(frame + head - 4, 0, 4); /* a mask of zeros */
    memcpy(frame + head, text, length);
    if (write(fd, frame, head + length) < 0) fail("subscribe");
}

static int open_reader(int port, const char *path, int number, int is_deaf, const char *subscribe) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096, one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (is_deaf) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
    char target[256], request[1024], answer[2048];
    snprintf(target, sizeof target, path, number);
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", target, port);
    if (write(fd, request, length) < 0) fail("handshake");
    ssize_t got = read(fd, answer, sizeof answer - 1);
    if (got < 12 || memcmp(answer, "HTTP/1.1 101", 12)) { fprintf(stderr, "refused\n"); exit(1); }
    if (*subscribe) send_text(fd, subscribe);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void count_events(int reader, char *text, int length, int64_t at) {
    char *from = text, *end = text + length, *found;
    size_t mark_length = strlen(mark);
    while ((found = memmem(from, end - from, mark, mark_length))) {
        char *close = memchr(found, ']', end - found);
        if (!close) break;
        char *comma;
        long number = strtol(found + mark_length, &comma, 10);
        if (number >= 0 && number < EVENTS) {
            seen[number].sent = strtoll(comma + 1, NULL, 10);
            seen[number].last = at;
            seen[number].count++;
        }
        from = close;
    }
    int left = end - from < KEPT - 1 ? (int)(end - from) : KEPT - 1;
    memcpy(kept[reader], end - left, left);
    kept_length[reader] = left;
}

static void read_some(int fd, int reader) {
    static char buffer[CHUNK + KEPT];
    for (;;) {
        memcpy(buffer, kept[reader], kept_length[reader]);
        ssize_t got = read(fd, buffer + kept_length[reader], CHUNK);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (got <= 0) { close(fd); return; }
        count_events(reader, buffer, kept_length[reader] + got, now());
        if (got < CHUNK) return;
    }
}

static int inherited_reader(void) {
    int fd;
    if (scanf("%d", &fd) != 1) fail("sockets");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    if (argc > 6) mark = argv[6];
    signal(SIGTERM, stop);
    int port = atoi(argv[1]), readers = atoi(argv[3]), deaf = atoi(argv[4]), poll = epoll_create1(0);
    static int fds[20000];
    for (int i = 0; i < readers; i++) {
        fds[i] = port ? open_reader(port, argv[2], i + 1, i < deaf, argv[5]) : inherited_reader();
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = i};
        if (i >= deaf) epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &wanted);
    }
    puts("ready");
    fflush(stdout);
    struct epoll_event events[256];
    while (!is_over) {
        int n = epoll_wait(poll, events, 256, 100);
        for (int i = 0; i < n; i++) read_some(fds[events[i].data.u32], events[i].data.u32);
    }
    for (int i = 0; i < EVENTS; i++)
        if (seen[i].count) printf("%d %lld %lld %d\n", i, (long long)seen[i].sent, (long long)seen[i].last, seen[i].count);
    return 0;
}
