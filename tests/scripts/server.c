/* A file server on loopback, for the test of downloads: server FOLDER. Prints its port, then answers GET requests one
 * by one until killed. GET /NAME sends FOLDER/NAME; GET /cut/NAME promises all of it and sends half. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define REQUEST_SIZE 4096

static bool send_all(int client, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Reads up to the empty line that ends a request. */
static bool read_request(int client, char request[REQUEST_SIZE])
{
    size_t size = 0;
    request[0] = 0;
    while (!strstr(request, "\r\n\r\n")) {
        ssize_t received = recv(client, request + size, REQUEST_SIZE - 1 - size, 0);
        if (received <= 0) return false;
        size += (size_t)received;
        request[size] = 0;
    }
    return true;
}

static void send_file(int client, FILE *file, bool cut)
{
    char buffer[65536];
    long size, left;

    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    snprintf(buffer, sizeof(buffer), "HTTP/1.0 200 OK\r\nContent-Length: %ld\r\n\r\n", size);
    if (!send_all(client, buffer, strlen(buffer))) return;
    left = cut ? size / 2 : size;
    while (left > 0) {
        size_t part = fread(buffer, 1, left < (long)sizeof(buffer) ? (size_t)left : sizeof(buffer), file);
        if (part == 0 || !send_all(client, buffer, part)) return;
        left -= (long)part;
    }
}

static void answer(int client, const char *folder)
{
    static const char missing[] = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    char request[REQUEST_SIZE], name[256] = "", path[REQUEST_SIZE];
    FILE *file = NULL;
    bool cut = false;

    if (!read_request(client, request)) return;
    if (sscanf(request, "GET /cut/%255[A-Za-z0-9.-] HTTP/", name) == 1) {
        cut = true;
    } else {
        sscanf(request, "GET /%255[A-Za-z0-9.-] HTTP/", name);
    }
    if (name[0] && snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path)) file = fopen(path, "rb");
    if (file) {
        send_file(client, file, cut);
        fclose(file);
    } else {
        send_all(client, missing, strlen(missing));
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 2 || server < 0 || bind(server, (struct sockaddr *)&address, size) != 0 || listen(server, 8) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &size) != 0) {
        perror("server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0) return 1;
        answer(client, argv[1]);
        close(client);
    }
}
