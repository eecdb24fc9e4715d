// SPDX-License-Identifier: Apache-2.0
#include "playback/reply_comparison.hh"

#include <fmt/format.h>

#include <algorithm>

#include "playback/client_playback.hh"

namespace conform {
namespace {

class Comparison {
  public:
    Comparison(const ServerSide& recorded, const ServerSide& live, const AnswerMap& map,
               bool has_client_ended)
        : recorded_(recorded), live_(live), map_(map), has_client_ended_(has_client_ended) {}

    std::vector<Finding> run() {
        compare_handshakes();
        if (recorded_.syn_ack() && live_.syn_ack()) {
            compare_acknowledgments();
            if (map_.match() == PayloadMatch::Exact) {
                compare_bytes();
            } else {
                compare_answers();
            }
        }
        compare_ends();
        std::stable_sort(noted_.begin(), noted_.end(), [](const Noted& one, const Noted& other) {
            return one.packet < other.packet;
        });
        std::vector<Finding> findings;
        findings.reserve(noted_.size());
        for (Noted& each : noted_)
            findings.push_back(std::move(each.finding));
        return findings;
    }

  private:
    struct Noted {
        std::size_t packet = 0;  ///< of the capture; behind all: what the capture has not
        Finding finding;
    };

    /// What the capture has nothing of.
    void note_surplus(const std::string& expected, const std::string& actual, std::size_t frame) {
        noted_.push_back({SIZE_MAX, {std::string(kAsCaptured), expected, actual, frame}});
    }

    void note(const std::string& field, const std::string& expected, std::size_t packet,
              const std::string& actual, std::optional<std::size_t> frame) {
        noted_.push_back({packet,
                          {std::string(kAsCaptured),
                           fmt::format("{} {} (packet {} of the capture)", field, expected, packet),
                           actual, frame}});
    }

    void compare_handshakes() {
        const auto& then = recorded_.syn_ack();
        const auto& now = live_.syn_ack();
        if (then.has_value() != now.has_value()) {
            // That there was none is seen in what came instead.
            if (then) {
                note("tcp.flags", describe_tcp_flags(then->flags), recorded_.syn_ack_number(),
                     live_.reset_number() ? "RST" : "nothing", live_.reset_number());
            } else {
                note_surplus("no SYN/ACK, as captured", describe_tcp_flags(now->flags),
                             live_.syn_ack_number());
            }
            return;
        }
        if (!then) return;
        const auto compare = [&](const char* field, auto was, auto is) {
            if (was == is) return;
            note(field, fmt::format("{}", was), recorded_.syn_ack_number(), fmt::format("{}", is),
                 live_.syn_ack_number());
        };
        const auto presence = [](bool is_there) { return is_there ? "present" : "absent"; };
        compare("tcp.flags", describe_tcp_flags(then->flags), describe_tcp_flags(now->flags));
        compare("tcp.options.mss", presence(then->mss.has_value()), presence(now->mss.has_value()));
        compare("tcp.options.window_scale", presence(then->window_scale.has_value()),
                presence(now->window_scale.has_value()));
        compare("tcp.options.sack_permitted", presence(then->is_sack_permitted),
                presence(now->is_sack_permitted));
        compare("tcp.options.timestamps", presence(then->timestamps.has_value()),
                presence(now->timestamps.has_value()));
    }

    void compare_acknowledgments() {
        // More may have been acknowledged behind the end of the capture.
        if (live_.acknowledged() >= recorded_.acknowledged()) return;
        note("tcp.ack", fmt::format("{}", recorded_.acknowledged()),
             recorded_.acknowledged_number(), fmt::format("{}", live_.acknowledged()),
             live_.acknowledged_number());
    }

    void compare_bytes() {
        const Bytes& then = recorded_.text();
        const Bytes& now = live_.text();
        const auto [was, is] = std::mismatch(then.begin(), then.end(), now.begin(), now.end());
        if (was == then.end() && is == now.end()) return;
        const auto offset = static_cast<std::size_t>(was - then.begin());
        if (was == then.end()) {
            note("tcp.payload", fmt::format("of {} bytes", then.size()),
                 recorded_.number_of(then.size()), fmt::format("{} bytes", now.size()),
                 live_.number_of(offset));
        } else if (is == now.end()) {
            note("tcp.payload", fmt::format("byte {}", offset), recorded_.number_of(offset),
                 fmt::format("{} bytes in all", now.size()), {});
        } else {
            note("tcp.payload", fmt::format("byte {} 0x{:02x}", offset, *was),
                 recorded_.number_of(offset), fmt::format("0x{:02x}", *is),
                 live_.number_of(offset));
        }
    }

    void compare_answers() {
        const auto& then = map_.recorded().all();
        const auto& now = map_.live().all();
        for (std::size_t i = 0; i < std::min(then.size(), now.size()); ++i)
            compare_answer(i + 1, then[i], now[i]);
        if (!map_.live().is_http()) {
            note("http", "responses", recorded_.number_of(0), "text that is no HTTP/1",
                 live_.number_of(0));
        } else {
            compare_counts(then.size() + (map_.recorded().has_rest() ? 1 : 0),
                           now.size() + (map_.live().has_rest() ? 1 : 0));
        }
    }

    /// One whose head is not whole counts as well.
    void compare_counts(std::size_t then, std::size_t now) {
        if (then == now) return;
        const auto& answers = now < then ? map_.recorded().all() : map_.live().all();
        const std::size_t common = std::min(then, now);
        const std::size_t place = common < answers.size() ? answers[common].begin : SIZE_MAX;
        note("http", fmt::format("{} responses", then),
             recorded_.number_of(now < then ? place : SIZE_MAX), fmt::format("{}", now),
             now < then ? std::nullopt : std::optional(live_.number_of(place)));
    }

    void compare_answer(std::size_t number, const HttpAnswer& then, const HttpAnswer& now) {
        const std::size_t packet = recorded_.number_of(then.begin);
        const std::size_t frame = live_.number_of(now.begin);
        if (then.status != now.status) {
            note(fmt::format("http.status of response {}", number), fmt::format("{}", then.status),
                 packet, fmt::format("{}", now.status), frame);
            return;
        }
        // Whoever says no says it with a page of its own.
        const bool has_own_words = then.status >= 300;
        if (then.is_whole && !now.is_whole) {
            note(fmt::format("http.body of response {}", number), "to be whole",
                 recorded_.number_of(then.end - 1), fmt::format("{} bytes", now.content.size()),
                 live_.number_of(now.end));
            return;
        }
        if (map_.match() == PayloadMatch::Status || has_own_words) return;
        const auto [was, is] = std::mismatch(then.content.begin(), then.content.end(),
                                             now.content.begin(), now.content.end());
        // Of what the capture has not whole, it has the beginning.
        const bool is_more = was == then.content.end() && is != now.content.end();
        if (was == then.content.end() && (is == now.content.end() || !then.is_whole)) return;
        const auto offset = static_cast<std::size_t>(was - then.content.begin());
        const bool is_cut = is_more || is == now.content.end();
        note(fmt::format("http.body of response {}", number),
             is_cut ? fmt::format("of {} bytes", then.content.size())
                    : fmt::format("byte {} 0x{:02x}", offset, *was),
             recorded_.number_of(std::min(then.body + offset, then.end - 1)),
             is_cut ? fmt::format("{} bytes", now.content.size()) : fmt::format("0x{:02x}", *is),
             live_.number_of(std::min(now.body + offset, now.end)));
    }

    void compare_ends() {
        const auto& then = recorded_.reset_number();
        const auto& now = live_.reset_number();
        if (then && !now) note("tcp.flags", "RST", *then, "no reset", {});
        // Where a SYN/ACK was expected, that is said already.
        const bool is_said = recorded_.syn_ack() && !live_.syn_ack();
        if (!then && now && !is_said) {
            note_surplus("no reset, as captured", "RST", *now);
        }
        if (then || now || !live_.syn_ack()) return;
        if (recorded_.is_closed() && !live_.is_closed())
            note("tcp.flags", "FIN", recorded_.fin_number(), "no FIN", {});
        // Behind a FIN of the client's the server's is on its way.
        if (!recorded_.is_closed() && live_.is_closed() && !has_client_ended_) {
            note_surplus("an open connection, as captured", "FIN", live_.fin_number());
        }
    }

    const ServerSide& recorded_;
    const ServerSide& live_;
    const AnswerMap& map_;
    bool has_client_ended_;
    std::vector<Noted> noted_;
};

}  // namespace

std::vector<Finding> compare_replies(const ServerSide& recorded, const ServerSide& live,
                                     const AnswerMap& map, bool has_client_ended) {
    return Comparison(recorded, live, map, has_client_ended).run();
}

}  // namespace conform
