// SPDX-License-Identifier: Apache-2.0
// A client of the kernel's TCP for the measurements of bench/peers: one HTTP/1.1 connection that
// downloads, uploads, or asks for a small object again and again. Says what it measured as JSON.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLengthField = "Content-Length: ";
constexpr time_t kSilenceMaxSeconds = 10;
constexpr std::uint64_t kPingsToWarmUp = 200;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

class Connection {
  public:
    Connection(const char* address, std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        // The machine's default may be another one in each namespace.
        constexpr std::string_view algorithm = "reno";
        const int on = 1;
        const timeval silence{kSilenceMaxSeconds, 0};
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port = htons(port);
        const bool is_set =
            inet_pton(AF_INET, address, &peer.sin_addr) == 1 &&
            setsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, algorithm.data(),
                       socklen_t{algorithm.size()}) == 0 &&
            setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
            setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) == 0 &&
            setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence) == 0;
        if (!is_set || connect(socket_, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) {
            fail(address);
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(socket_); }

    void send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) fail("send");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Reads a response and returns the size of its body.
    std::uint64_t read_response() {
        std::string head;
        std::size_t end = std::string::npos;
        while (end == std::string::npos) {
            head.append(buffer_.data(), receive());
            end = head.find(kEndOfHead);
        }
        if (!head.starts_with("HTTP/1.1 200")) throw std::runtime_error(head.substr(0, end));
        const std::size_t field = head.find(kLengthField);
        std::uint64_t size = 0;
        if (field < end) {
            const char* const digits = head.data() + field + kLengthField.size();
            std::from_chars(digits, head.data() + end, size);
        }
        std::uint64_t read = head.size() - end - kEndOfHead.size();
        while (read < size)
            read += receive();
        return size;
    }

  private:
    std::size_t receive() {
        const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) fail("receive");
        return static_cast<std::size_t>(got);
    }

    int socket_;
    std::vector<char> buffer_ = std::vector<char>(kBuffer);
};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string get(std::string_view path) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", path);
}

void say_rate(std::uint64_t bytes, double seconds) {
    fmt::print("{{\"bytes\":{},\"seconds\":{:.6f},\"gigabits_per_second\":{:.3f}}}\n", bytes,
               seconds, static_cast<double>(bytes) * 8 / seconds / 1e9);
}

void download(Connection& connection, std::string_view path) {
    const auto start = Clock::now();
    connection.send_all(get(path));
    const std::uint64_t size = connection.read_response();
    say_rate(size, seconds_since(start));
}

/// The clock stops when the answer is there, which the server sends behind the last byte.
void upload(Connection& connection, std::string_view path, std::uint64_t size) {
    const std::string content(kBuffer, 'u');
    const auto start = Clock::now();
    connection.send_all(
        fmt::format("POST {} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n", path, size));
    for (std::uint64_t left = size; left > 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, content.size()));
        connection.send_all(std::string_view(content).substr(0, count));
        left -= count;
    }
    connection.read_response();
    say_rate(size, seconds_since(start));
}

void ping(Connection& connection, std::string_view path, std::uint64_t count) {
    const std::string request = get(path);
    std::vector<double> times_us;
    for (std::uint64_t i = 0; i < count + kPingsToWarmUp; ++i) {
        const auto start = Clock::now();
        connection.send_all(request);
        connection.read_response();
        if (i >= kPingsToWarmUp) times_us.push_back(seconds_since(start) * 1e6);
    }
    std::ranges::sort(times_us);
    const auto quantile = [&](std::size_t per_mille) {
        return times_us[std::min(times_us.size() - 1, times_us.size() * per_mille / 1000)];
    };
    fmt::print("{{\"count\":{},\"p50_us\":{:.1f},\"p99_us\":{:.1f},\"p999_us\":{:.1f}}}\n", count,
               quantile(500), quantile(990), quantile(999));
}

/// Zero for what is no number above zero.
std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

void run(std::string_view verb, Connection& connection, std::string_view path,
         std::uint64_t count) {
    if (verb == "down") return download(connection, path);
    if (verb == "up") return upload(connection, path, count);
    ping(connection, path, count);
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int arguments = 6;
    const std::string_view verb = argc == arguments ? argv[1] : "";
    const bool is_known = verb == "down" || verb == "up" || verb == "ping";
    const std::uint64_t port = is_known ? number(argv[3]) : 0;
    const std::uint64_t count = is_known ? number(argv[5]) : 0;
    if (port == 0 || port > 65'535 || count == 0) {
        fmt::print(stderr,
                   "usage: load-client down|up|ping ADDRESS PORT PATH COUNT\n"
                   "COUNT: bytes to send (up), requests (ping)\n");
        return 2;
    }
    try {
        Connection connection(argv[2], static_cast<std::uint16_t>(port));
        run(verb, connection, argv[4], count);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "load-client: {}\n", error.what());
        return 3;
    }
}
