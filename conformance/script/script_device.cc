// SPDX-License-Identifier: Apache-2.0
#include "script/script_device.hh"

#include <fmt/format.h>

#include <algorithm>

#include "attach/interrupt.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000};
constexpr milliseconds kConnectPatience{5'000};
constexpr std::uint8_t kOneLink = 1;
constexpr std::size_t kMessagesMax = 100'000;
constexpr const char* kPing = R"({"id":0,"do":"hello"})";

/// The tester owns the clock.
class VirtualScriptDevice : public ScriptDevice {
  public:
    using ScriptDevice::ScriptDevice;

    Time now() const override { return now_; }

    void send(ByteView frame) override {
        socket_.send(encode_frame_message(Link::Front, frame));
        advance(now_);
    }

    std::string call(const std::string& line) override {
        socket_.send(encode(ControlMessage{line}));
        for (std::size_t count = 0; count < kMessagesMax; ++count) {
            UnixMessage message = next_message();
            if (auto* frame = std::get_if<LinkFrame>(&message)) {
                note(now_, std::move(frame->bytes));
            } else if (auto* answer = std::get_if<ControlMessage>(&message)) {
                std::string text = std::move(answer->line);
                advance(now_);
                return text;
            }
        }
        throw DeviceHangs("the device does not answer a request");
    }

    void pass(Time until) override {
        while (now_ < until)
            advance(std::clamp(deadline_, now_ + Duration(1), until));
    }

  private:
    void advance(Time to) {
        throw_if_interrupted();
        now_ = to;
        socket_.send(encode(AdvanceMessage{static_cast<std::uint64_t>(to.count())}));
        for (std::size_t count = 0; count < kMessagesMax; ++count) {
            UnixMessage message = next_message();
            if (auto* frame = std::get_if<LinkFrame>(&message)) {
                note(now_, std::move(frame->bytes));
            } else if (const auto* quiet = std::get_if<QuietMessage>(&message)) {
                const auto limit = static_cast<std::uint64_t>(kNever.count());
                deadline_ = quiet->next_deadline >= limit
                                ? kNever
                                : Time(static_cast<std::int64_t>(quiet->next_deadline));
                return;
            }
        }
        throw DeviceHangs(fmt::format("{} messages without being quiet", kMessagesMax));
    }

    Time now_{0};
    Time deadline_ = kNever;
};

/// The device has its own clock. It takes one message after the other, so that the answer to a
/// request says that everything before it is done.
class WallScriptDevice : public ScriptDevice {
  public:
    explicit WallScriptDevice(UnixSocket socket)
        : ScriptDevice(std::move(socket)), start_(std::chrono::steady_clock::now()) {}

    Time now() const override { return std::chrono::steady_clock::now() - start_; }

    void send(ByteView frame) override {
        pass(now());
        socket_.send(encode_frame_message(Link::Front, frame));
        answer_at(kPing, now());
    }

    std::string call(const std::string& line) override {
        pass(now());
        return answer_at(line, now());
    }

    void pass(Time until) override {
        for (;;) {
            const Duration left = std::max(until - now(), Duration::zero());
            const auto patience = std::chrono::ceil<milliseconds>(left);
            auto message = socket_.receive(patience);
            if (!message && now() >= until) return;
            if (!message) continue;
            if (auto* frame = std::get_if<LinkFrame>(&*message)) {
                note(now(), std::move(frame->bytes));
            }
        }
    }

  private:
    /// What comes before the answer was sent at once, however long it took to get here.
    std::string answer_at(const std::string& line, Time at) {
        socket_.send(encode(ControlMessage{line}));
        for (std::size_t count = 0; count < kMessagesMax; ++count) {
            UnixMessage message = next_message();
            if (auto* frame = std::get_if<LinkFrame>(&message)) {
                note(at, std::move(frame->bytes));
            } else if (auto* answer = std::get_if<ControlMessage>(&message)) {
                return std::move(answer->line);
            }
        }
        throw DeviceHangs("the device does not answer a request");
    }

    std::chrono::steady_clock::time_point start_;
};

}  // namespace

UnixMessage ScriptDevice::next_message() {
    std::optional<UnixMessage> message = socket_.receive(kPatience);
    if (!message) throw DeviceHangs(fmt::format("no answer within {} ms", kPatience.count()));
    return std::move(*message);
}

std::unique_ptr<ScriptDevice> connect_script_device(const std::string& path, TimeKind time,
                                                    std::uint64_t seed) {
    UnixSocket socket(path, kOneLink, seed, kConnectPatience);
    if (time == TimeKind::Virtual) return std::make_unique<VirtualScriptDevice>(std::move(socket));
    return std::make_unique<WallScriptDevice>(std::move(socket));
}

}  // namespace conform
