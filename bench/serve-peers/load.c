// Sends requests of HTTP/1.1 to a port of this machine by the clock, whether or not earlier ones were answered; latency counts from the
// moment that a request was due. A request that is due takes a connection that is free, or opens one where fewer are open than may be, or
// waits; where the system refuses the connection, that is its answer. It does what load.mjs does, at a fraction of the processor's time, and several flows at once.
// cc -O2 -o load load.c; ./load PORT open|closed SECONDS WARM_UP shared|alone {RATE CONNECTIONS FILE}...
// FILE has the requests of a flow, each after its length (4 bytes, little-endian). Prints `started` with the first request, and at the end
// one line of JSON for each flow.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { mostStatuses = 600, bufferSize = 16384, batch = 64 };

typedef struct {
  double *at;
  size_t from, to, room;
} List;

typedef struct {
  double rate, gap, due;
  int connections, open;
  char **message;
  uint32_t *length;
  size_t messages, next;
  List waiting, status[mostStatuses], late, refused;
  /** Connections that are up and free, and those that are not there. */
  struct Connection **idle, **gone;
  int idles, gones;
  long sent, lost, warmed;
} Flow;

typedef struct Connection {
  Flow *flow;
  int fd, isUp;
  double intended;
  size_t used;
  char buffer[bufferSize + 1];
} Connection;

static int port, isClosed, poller, hasStarted;
static double measureFrom, end;
/** Since when nobody listens, or 0. */
static double refusedSince;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void push(List *list, double value) {
  if (list->to == list->room) {
    list->room = list->room ? 2 * list->room : 4096;
    list->at = realloc(list->at, list->room * sizeof(double));
    if (list->at == NULL) fail("memory");
  }
  list->at[list->to++] = value;
}

static void readMessages(Flow *flow, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  uint32_t length;
  while (fread(&length, 4, 1, file) == 1) {
    flow->message = realloc(flow->message, (flow->messages + 1) * sizeof(char *));
    flow->length = realloc(flow->length, (flow->messages + 1) * sizeof(uint32_t));
    flow->message[flow->messages] = malloc(length);
    flow->length[flow->messages] = length;
    if (fread(flow->message[flow->messages++], 1, length, file) != length) fail(path);
  }
  fclose(file);
}

static void sendOne(Connection *connection, double intended);
static void isFree(Connection *connection);
static void openOne(Flow *flow, double intended);

/** Its request, if there is one, was not answered. */
static void closed(Connection *connection) {
  Flow *flow = connection->flow;
  if (connection->intended >= 0) {
    if (connection->isUp) flow->lost++;
    else {
      if (connection->intended >= measureFrom) push(&flow->refused, now() - connection->intended);
      if (refusedSince == 0) refusedSince = now();
    }
  }
  for (int i = 0; i < flow->idles; i++)
    if (flow->idle[i] == connection) flow->idle[i--] = flow->idle[--flow->idles];
  close(connection->fd);
  connection->fd = -1;
  flow->open--;
  flow->gone[flow->gones++] = connection;
  if (isClosed) openOne(flow, -1);
}

static void isConnected(Connection *connection, int how) {
  connection->isUp = 1;
  refusedSince = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, how, connection->fd, &event) < 0) fail("epoll_ctl");
  if (connection->intended >= 0) sendOne(connection, connection->intended);
  else isFree(connection);
}

/** Opens one of those that are not there; for a request that is due, or for later. */
static void openOne(Flow *flow, double intended) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  static int spare = -1;
  int one = 1;
  Connection *connection = flow->gone[--flow->gones];
  connection->fd = spare >= 0 ? spare : socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  spare = -1;
  if (connection->fd < 0) fail("socket");
  connection->isUp = 0;
  connection->intended = intended;
  connection->used = 0;
  // On one machine all is said while the first call ends; the second one tells what came of it.
  int failed = connect(connection->fd, (struct sockaddr *)&address, sizeof address);
  if (failed < 0 && errno == EINPROGRESS) failed = connect(connection->fd, (struct sockaddr *)&address, sizeof address);
  if (failed < 0 && errno == ECONNREFUSED) {
    if (intended >= 0) {
      if (intended >= measureFrom) push(&flow->refused, now() - intended);
      if (refusedSince == 0) refusedSince = now();
    }
    // A socket that was refused may ask again: making one costs more than the refusal.
    spare = connection->fd;
    connection->fd = -1;
    flow->gone[flow->gones++] = connection;
    return;
  }
  flow->open++;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (failed < 0 && errno != EISCONN) {
    if (errno != EALREADY) fail("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
  } else isConnected(connection, EPOLL_CTL_ADD);
}

static void sendOne(Connection *connection, double intended) {
  Flow *flow = connection->flow;
  connection->intended = intended;
  if (!hasStarted++) {
    puts("started");
    fflush(stdout);
  }
  flow->sent++;
  size_t at = flow->next++ % flow->messages, from = 0;
  while (from < flow->length[at]) {
    ssize_t written = send(connection->fd, flow->message[at] + from, flow->length[at] - from, MSG_NOSIGNAL);
    if (written >= 0) from += (size_t)written;
    else if (errno == EAGAIN) {
      struct pollfd wait = {.fd = connection->fd, .events = POLLOUT};
      poll(&wait, 1, 100);
    } else break; // Its end is told by the poller.
  }
}

static void isFree(Connection *connection) {
  Flow *flow = connection->flow;
  connection->intended = -1;
  if (isClosed) {
    double time = now();
    if (time < end) sendOne(connection, time);
  } else if (flow->waiting.from < flow->waiting.to)
    sendOne(connection, flow->waiting.at[flow->waiting.from++]);
  else flow->idle[flow->idles++] = connection;
}

/** Bytes of the first answer in a buffer, or 0 where it is not whole. */
static size_t wholeAnswer(Connection *connection) {
  connection->buffer[connection->used] = 0;
  char *body = strstr(connection->buffer, "\r\n\r\n");
  if (body == NULL) return 0;
  char *length = strcasestr(connection->buffer, "\r\ncontent-length: ");
  if (length == NULL || length > body) return 0;
  size_t whole = (size_t)(body + 4 - connection->buffer) + strtoul(length + 18, NULL, 10);
  return connection->used < whole ? 0 : whole;
}

static void answered(Connection *connection) {
  for (;;) {
    ssize_t got = recv(connection->fd, connection->buffer + connection->used, bufferSize - connection->used, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      closed(connection);
      return;
    }
    connection->used += (size_t)got;
    if (wholeAnswer(connection) == 0) {
      if (connection->used == bufferSize) closed(connection);
      else if (connection->used < bufferSize) continue;
      return;
    }
    Flow *flow = connection->flow;
    int status = atoi(connection->buffer + 9);
    // What nobody asked for, as before the end of a connection, answers nothing.
    if (connection->intended >= 0) {
      if (connection->intended < measureFrom) flow->warmed++;
      else push(&flow->status[status > 0 && status < mostStatuses ? status : 0], now() - connection->intended);
    }
    int isLast = strcasestr(connection->buffer, "\r\nconnection: close\r\n") != NULL;
    connection->used = 0;
    connection->intended = -1;
    if (isLast) closed(connection);
    else isFree(connection);
    return;
  }
}

static int byValue(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double rank(const List *list, double share) {
  if (list->to == 0) return 0;
  double at = share * (double)list->to;
  size_t index = (size_t)at;
  if ((double)index == at && index > 0) index--;
  return list->at[index < list->to ? index : list->to - 1];
}

static void report(Flow *flow, double seconds) {
  long underWay = flow->sent - flow->lost - flow->warmed;
  const char *comma = "";
  printf("{\"statuses\":{");
  for (int status = 0; status < mostStatuses; status++) {
    List *list = &flow->status[status];
    if (list->to == 0) continue;
    underWay -= (long)list->to;
    qsort(list->at, list->to, sizeof(double), byValue);
    printf("%s\"%d\":{\"count\":%zu,\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}", comma, status, list->to, rank(list, 0.5),
           rank(list, 0.99), rank(list, 1));
    comma = ",";
  }
  if (flow->late.to > 0) qsort(flow->late.at, flow->late.to, sizeof(double), byValue);
  printf("},\"sent\":%ld,\"lost\":%ld,\"warmed\":%ld,\"unanswered\":%ld,\"unsent\":%zu,\"seconds\":%g,\"lateP99\":%.4f,",
         flow->sent, flow->lost, flow->warmed, underWay, flow->waiting.to - flow->waiting.from, seconds, rank(&flow->late, 0.99));
  if (flow->refused.to > 0) qsort(flow->refused.at, flow->refused.to, sizeof(double), byValue);
  printf("\"refused\":{\"count\":%zu,\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}}\n", flow->refused.to, rank(&flow->refused, 0.5),
         rank(&flow->refused, 0.99), rank(&flow->refused, 1));
}

int main(int count, char **argument) {
  if (count < 9 || (count - 6) % 3 != 0) return 2;
  port = atoi(argument[1]);
  isClosed = strcmp(argument[2], "closed") == 0;
  double seconds = atof(argument[3]), warmUp = atof(argument[4]);
  // Where others use its core, it must be there when a request is due. Not everyone may ask for that.
  struct sched_param first = {.sched_priority = 1};
  int isShared = strcmp(argument[5], "shared") == 0;
  if (isShared) sched_setscheduler(0, SCHED_FIFO, &first);
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(0);
  int flows = (count - 6) / 3;
  Flow *flow = calloc((size_t)flows, sizeof(Flow));
  double start = now() + 200;
  measureFrom = start + warmUp * 1e3;
  end = measureFrom + seconds * 1e3;
  for (int i = 0; i < flows; i++) {
    flow[i].rate = atof(argument[6 + 3 * i]);
    flow[i].gap = flow[i].rate > 0 ? 1e3 / flow[i].rate : 0;
    flow[i].due = start;
    flow[i].connections = atoi(argument[7 + 3 * i]);
    readMessages(&flow[i], argument[8 + 3 * i]);
    flow[i].idle = calloc((size_t)flow[i].connections, sizeof(Connection *));
    flow[i].gone = calloc((size_t)flow[i].connections, sizeof(Connection *));
    for (int j = 0; j < flow[i].connections; j++) {
      Connection *connection = calloc(1, sizeof(Connection));
      connection->flow = &flow[i];
      connection->fd = -1;
      flow[i].gone[flow[i].gones++] = connection;
    }
    for (int j = 0; j < flow[i].connections; j++) openOne(&flow[i], -1);
  }
  struct epoll_event events[batch];
  for (;;) {
    double time = now(), next = time + 20;
    int isOver = time > end;
    for (int i = 0; i < flows; i++) {
      Flow *one = &flow[i];
      while (!isClosed && one->due <= time && one->due < end) {
        if (one->due >= measureFrom) push(&one->late, time - one->due);
        if (one->idles > 0) sendOne(one->idle[--one->idles], one->due);
        else if (one->gones > 0 && one->waiting.from == one->waiting.to) openOne(one, one->due);
        else push(&one->waiting, one->due);
        one->due += one->gap;
      }
      // A connection that has ended makes room for one that may be refused; some at a time, since others are due.
      for (int j = 0; j < batch && one->gones > 0 && one->waiting.from < one->waiting.to; j++)
        openOne(one, one->waiting.at[one->waiting.from++]);
      if (!isClosed && one->due < end && one->due < next) next = one->due;
      int isBusy = one->waiting.from < one->waiting.to || one->idles < one->open;
      if (isClosed) {
        isBusy = 0;
        // What is under way at the end is answered, but not counted as lost.
        long answers = 0;
        for (int status = 0; status < mostStatuses; status++) answers += (long)one->status[status].to;
        isBusy = answers + one->warmed + one->lost < one->sent;
      }
      if (isBusy && one->open > 0) isOver = 0;
      // Who is not there any more will not come back.
      if (one->open == 0 && refusedSince > 0 && time - refusedSince > 500) isOver = 1;
    }
    if (isOver || time > end + 2000) break;
    // Who sleeps must be woken, which the server would pay for.
    double wait = isShared ? next - now() : 0;
    struct timespec timeout = {0, wait > 0 ? (long)(wait * 1e6) : 0};
    int ready = epoll_pwait2(poller, events, batch, &timeout, NULL);
    for (int i = 0; i < ready; i++) {
      Connection *connection = events[i].data.ptr;
      if (connection->fd < 0) continue;
      if (connection->isUp) {
        answered(connection);
        continue;
      }
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) closed(connection);
      else isConnected(connection, EPOLL_CTL_MOD);
    }
  }
  for (int i = 0; i < flows; i++) report(&flow[i], seconds);
  return 0;
}
