// SPDX-License-Identifier: Apache-2.0
// Moves a connection from one node of a farm to another, with so many bytes in both queues of the
// server, and says how long neither node had it: the counterpart of repair-freeze.
//
// The client is the kernel's TCP. It uploads until the window has room for all that is to wait,
// asks for an object that it does not read, which is larger than the farm's send queue, and sends
// the beginning of the next request behind: the application reads that when it has written all.
#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "bench/moves/content_socket.hh"
#include "bench/moves/control_client.hh"
#include "bench/moves/http_reader.hh"
#include "bench/moves/move_watch.hh"
#include "bench/moves/network_namespace.hh"
#include "bench/moves/old_segment.hh"
#include "shunt/base/bytes.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::bench {
namespace {

using std::chrono::milliseconds;

constexpr const char* kService = "10.7.1.1";
constexpr std::uint16_t kPort = 80;
constexpr std::uint64_t kWarmUpBytes = 8 * 1024 * 1024;
constexpr std::uint64_t kBehindBytes = 256 * 1024;
/// More than any farm's send queue: the application cannot write it all, and so reads nothing.
constexpr std::uint64_t kObjectBytes = 4 * 1024 * 1024;
constexpr WallTime kPatience = 2'000'000'000;
constexpr std::chrono::microseconds kQuestionPause{2'000};
constexpr std::size_t kSourceMac = 6;

struct Setting {
    std::string client;  // network namespaces
    std::string home;
    std::string target;
    std::string control;  // of the home
    std::string name;     // of the target in the farm
    std::string mac;      // of the target on the front link
    std::uint64_t queued = 0;
};

std::string upload_head(std::uint64_t size) {
    return fmt::format("POST /bytes/16?verify HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
                       size);
}

class Freeze {
  public:
    explicit Freeze(const Setting& setting);

    void fill_queues();
    void move();
    /// Reads and sends all the rest; throws where a byte is wrong.
    void finish();
    void say();

  private:
    void upload(std::uint64_t size);
    void wait_until_stalled();
    void look_for_answer();

    const Setting& setting_;
    MoveWatch home_;
    MoveWatch target_;
    FrameWatch front_;
    Descriptor socket_;
    HttpReader reader_;
    ControlClient control_;
    std::string client_text_;
    std::vector<std::uint8_t> question_;
    std::uint64_t uploaded_ = 0;  // of the request that waits
    std::uint64_t upload_size_ = 0;
    WallTime requested_ = 0;
    std::optional<WallTime> answered_;
};

MoveWatch watch_back(const std::string& server) {
    enter_namespace(server);
    return MoveWatch("back0");
}

FrameWatch watch_front(const Setting& setting) {
    enter_namespace(setting.client);
    return FrameWatch("eth0");
}

Freeze::Freeze(const Setting& setting)
    : setting_(setting),
      home_(watch_back(setting.home)),
      target_(watch_back(setting.target)),
      front_(watch_front(setting)),
      socket_(make_socket(kSmallReceiveBuffer)),
      reader_(socket_.number()),
      control_(setting.control) {
    const sockaddr_in service = address_of(kService, kPort);
    const auto* const address = reinterpret_cast<const sockaddr*>(&service);
    if (connect(socket_.number(), address, sizeof service) != 0) fail("connect");
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
        fail("getsockname");
    client_text_ = fmt::format("10.7.0.9:{}", ntohs(own.sin_port));
}

void Freeze::upload(std::uint64_t size) {
    send_text(socket_.number(), upload_head(size));
    send_content(socket_.number(), 0, size);
    reader_.read_answer();
}

/// Until the client's kernel has taken what it takes unread, and the node's queue is full.
void Freeze::wait_until_stalled() {
    std::uint64_t before = 0;
    for (int quiet = 0; quiet < 10;) {
        std::this_thread::sleep_for(milliseconds(2));
        const std::uint64_t now = queued_bytes(socket_.number(), SIOCINQ);
        quiet = now == before && now > 0 ? quiet + 1 : 0;
        before = now;
    }
}

void Freeze::fill_queues() {
    upload(kWarmUpBytes);
    if (setting_.queued == 0) return;
    send_text(socket_.number(),
              fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: x\r\n\r\n", kObjectBytes));
    wait_until_stalled();
    upload_size_ = setting_.queued + kBehindBytes;
    const std::string head = upload_head(upload_size_);
    uploaded_ = setting_.queued - head.size();
    send_text(socket_.number(), head);
    send_content(socket_.number(), 0, uploaded_);
    while (queued_bytes(socket_.number(), SIOCOUTQ) > 0)
        std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(milliseconds(20));
}

/// The first frame to the client from the target.
void Freeze::look_for_answer() {
    const auto mac = wire::MacAddress::from_string(setting_.mac);
    while (const auto frame = front_.next()) {
        if (frame->is_sent || answered_ || frame->bytes.size() < kSourceMac + 6) continue;
        if (wire::MacAddress::load(frame->bytes, kSourceMac) == mac) answered_ = frame->time;
    }
}

void Freeze::move() {
    const std::string request =
        fmt::format(R"({{"id":1,"do":"migrate","connection":"{}>{}:{}/tcp","to":"{}"}})",
                    client_text_, kService, kPort, setting_.name);
    // The client's last segment says where its numbers are.
    while (const auto frame = front_.next()) {
        if (!frame->is_sent) continue;
        if (auto question = make_old_segment(frame->bytes)) question_ = std::move(*question);
    }
    if (question_.empty()) throw std::runtime_error("the client has sent nothing");
    home_.clear();
    target_.clear();
    requested_ = wall_now();
    control_.send(request);
    // This process sleeps whenever it can: both nodes need the cores.
    while (!target_.times().offered && wall_now() - requested_ < kPatience) {
        target_.wait(kQuestionPause);
        target_.look();
    }
    while (!answered_ && wall_now() - requested_ < kPatience) {
        front_.send(question_);
        const WallTime asked = wall_now();
        while (!answered_ && wall_now() - asked < kQuestionPause.count() * 1'000) {
            front_.wait(kQuestionPause);
            look_for_answer();
        }
    }
    target_.look();
    if (!answered_ || !target_.times().released)
        throw std::runtime_error("it did not move: " + control_.receive());
}

void Freeze::finish() {
    if (upload_size_ > 0) {
        reader_.read_answer();  // the object
        send_content(socket_.number(), uploaded_, upload_size_ - uploaded_);
        reader_.read_answer();  // to the upload, which the node has compared
    }
    upload(kBehindBytes);
    if (reader_.wrong() > 0) throw std::runtime_error("what the nodes sent arrived changed");
}

void Freeze::say() {
    home_.look();
    const MoveTimes& times = target_.times();
    const auto since = [this](std::optional<WallTime> time) {
        return static_cast<double>(time.value_or(requested_) - requested_) / 1e3;
    };
    fmt::print(
        "{{\"freeze_us\":{:.1f},\"left_us\":{:.1f},\"offered_us\":{:.1f},\"acknowledged_us\":{:.1f}"
        ","
        "\"released_us\":{:.1f},\"send_queue\":{},\"receive_queue\":{}}}\n",
        since(answered_), since(home_.times().offered), since(times.offered),
        since(times.acknowledged), since(times.released), times.send_queue, times.receive_queue);
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    constexpr int arguments = 8;
    shunt::bench::Setting setting;
    const std::string_view queued = argc == arguments ? argv[7] : "";
    const char* const end = queued.data() + queued.size();
    if (queued.empty() || std::from_chars(queued.data(), end, setting.queued).ptr != end) {
        fmt::print(stderr,
                   "usage: shunt-freeze CLIENT HOME TARGET CONTROL NAME MAC QUEUED_BYTES\n"
                   "CLIENT, HOME, TARGET: network namespaces; CONTROL: the home's socket\n"
                   "NAME, MAC: the target's, on the front link\n");
        return 2;
    }
    setting.client = argv[1];
    setting.home = argv[2];
    setting.target = argv[3];
    setting.control = argv[4];
    setting.name = argv[5];
    setting.mac = argv[6];
    try {
        shunt::bench::Freeze freeze(setting);
        freeze.fill_queues();
        freeze.move();
        freeze.finish();
        freeze.say();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "shunt-freeze: {}\n", error.what());
        return 3;
    }
}
