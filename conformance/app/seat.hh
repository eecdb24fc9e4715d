// SPDX-License-Identifier: Apache-2.0
/// A device as one of many cases sees it: time stands still between the turns that it is given, and
/// nothing comes but what concerns the case.
#pragma once

#include <set>
#include <stdexcept>
#include <utility>

#include "attach/attachment.hh"

namespace conform {

class Seat : public Attachment {
  public:
    explicit Seat(Attachment& device) : device_(device), now_(device.now()) {}

    Time now() const override { return now_; }
    void send(Link link, ByteView frame) override {
        sent_at_ = device_.now();
        if (link == Link::Back && port_offset_ > 0 && frame.size() >= port_offset_ + 2)
            ports_named_.insert(load_u16(frame, port_offset_));
        device_.send(link, frame);
    }
    std::vector<LinkFrame> progress(Time) override {
        throw std::logic_error("a case that sits beside others is given its turns");
    }
    void send_control(const std::string& line) override { device_.send_control(line); }
    std::vector<std::string> take_control() override { return std::exchange(lines_, {}); }

    void set_now(Time now) { now_ = now; }
    void add_line(std::string line) { lines_.push_back(std::move(line)); }
    /// From now on notes which client its encapsulated frames name, whose port stands there.
    void note_ports_at(std::size_t offset) { port_offset_ = offset; }
    bool has_named(std::uint16_t port) const { return ports_named_.contains(port); }
    /// When it last sent a frame.
    Time sent_at() const { return sent_at_; }

  private:
    Attachment& device_;
    Time now_;
    Time sent_at_{};
    std::vector<std::string> lines_;
    std::size_t port_offset_ = 0;
    std::set<std::uint16_t> ports_named_;
};

}  // namespace conform
