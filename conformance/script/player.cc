// SPDX-License-Identifier: Apache-2.0
#include "script/player.hh"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "attach/json_line.hh"
#include "pdu/build.hh"
#include "script/addresses.hh"
#include "script/flow.hh"
#include "script/line_words.hh"

namespace conform {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTextShown = 32;

class Player {
  public:
    Player(const Script& script, ScriptDevice& device) : script_(script), device_(device) {}

    Transcript play() {
        configure();
        last_at_ = device_.now();
        for (const Step& step : script_.steps) {
            const Time due = step_at_ + step.delay;
            device_.pass(due);
            hear();
            transcript_.steps.emplace_back();
            script_time_ += step.delay;
            // On a device with a clock of its own a step is late; the next is as far behind it.
            step_at_ = device_.now();
            last_at_ = step_at_;
            perform(step);
            hear();
        }
        return std::move(transcript_);
    }

  private:
    void configure() {
        Json request{{"do", "configure"}};
        for (const auto& [name, value] : script_.settings)
            std::visit([&request, &name = name](auto each) { request[name] = each; }, value);
        const Json answer = ask(request);
        if (!answer.value("ok", false)) {
            throw AttachmentError(fmt::format("{}: the device cannot be configured: {}",
                                              script_.file, answer.dump()));
        }
        step_at_ = device_.now();
    }

    Json ask(Json request) {
        request["id"] = ++requests_;
        const Json answer = parse_json_line(device_.call(request.dump()));
        if (!answer.is_object() || answer.value("id", Json()) != requests_) {
            throw DeviceMisbehaves(fmt::format("no answer to request {}", requests_));
        }
        return answer;
    }

    void perform(const Step& step) {
        if (const auto* segment = std::get_if<SegmentStep>(&step.what)) {
            send(packet_of(step, *segment));
        } else if (const auto* icmp = std::get_if<IcmpStep>(&step.what)) {
            send(flow_.make(*icmp));
        } else if (const auto* call = std::get_if<CallStep>(&step.what)) {
            perform(*call);
        }
    }

    Bytes packet_of(const Step& step, const SegmentStep& segment) {
        try {
            return flow_.make(segment, script_time_);
        } catch (const ScriptError& error) {
            throw ScriptError(fmt::format("{}:{}: {}", script_.file, step.line, error.what()));
        }
    }

    void send(const Bytes& packet) {
        device_.send(encode_ethernet(kDeviceMac, kTesterMac, ether_type::kIpv4, packet));
    }

    void perform(const CallStep& call) {
        Json request{{"do", call.verb}, {"socket", call.is_of_listener ? listener_ : connection_}};
        if (call.verb == "listen" || call.verb == "connect") {
            request["port"] = kServicePort;
        } else if (call.verb == "accept") {
            request["socket"] = listener_;
        } else if (call.verb == "send") {
            request["text"] = flow_.device_text(call.count);
            request["urgent"] = call.is_urgent;
        } else if (call.verb == "receive") {
            request["count"] = call.count;
        } else if (call.verb == "option") {
            request["name"] = call.name;
            request["value"] = call.count;
        }
        const Json answer = ask(request);
        // What the call made the device send comes behind what it returned.
        transcript_.steps.back().push_back(event_of(call, answer));
    }

    Event event_of(const CallStep& call, const Json& answer) {
        Event event;
        event.is_of_call = true;
        if (!answer.value("ok", false)) {
            event.head = answer.value("error", "?");
            return event;
        }
        event.head = "ok";
        const Json& result = answer.at("result");
        if (result.contains("socket")) {
            (call.verb == "listen" ? listener_ : connection_) = result.at("socket");
        }
        if (result.contains("count")) {
            event.fields["count"] = fmt::format("{}", result.at("count").get<std::size_t>());
        }
        if (result.contains("text")) {
            const std::string text = result.at("text");
            event.fields["count"] = fmt::format("{}", text.size());
            event.fields["text"] = fmt::format(
                "\"{}{}\"", text.substr(0, kTextShown),
                text.size() > kTextShown ? fmt::format("..{:016x}", std::hash<std::string>{}(text))
                                         : "");
            if (result.value("end", false)) event.fields["end"] = "yes";
        }
        for (const char* name : {"state", "error"}) {
            const std::string value = result.value(name, std::string());
            if (!value.empty()) event.fields[name] = value;
        }
        return event;
    }

    void hear() {
        for (const HeardFrame& heard : device_.take_heard()) {
            std::optional<Event> event = flow_.hear(decode_frame(heard.bytes, Framing{}));
            if (!event || transcript_.steps.empty()) continue;
            event->after = std::max(heard.at - last_at_, Duration::zero());
            last_at_ = std::max(heard.at, last_at_);
            transcript_.steps.back().push_back(std::move(*event));
        }
    }

    const Script& script_;
    ScriptDevice& device_;
    Flow flow_;
    Transcript transcript_;
    Duration script_time_{};
    Time step_at_{};
    Time last_at_{};
    std::uint64_t requests_ = 0;
    std::uint32_t listener_ = 0;
    std::uint32_t connection_ = 0;
};

}  // namespace

Transcript play(const Script& script, ScriptDevice& device) {
    return Player(script, device).play();
}

}  // namespace conform
