// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_links.hh"

#include <utility>

#include "shunt/app/log.hh"
#include "shunt/app/version.hh"
#include "shunt/link/tracer_port.hh"

namespace shunt::app {
namespace {

/// Readiness alone wakes the loop; who is ready shows when it is read.
runtime::EventLoop::Token token_of(link::LinkId link) {
    return static_cast<runtime::EventLoop::Token>(link);
}

}  // namespace

std::string NodeLinks::open() {
    std::string trouble = options_.capture ? open_capture() : std::string();
    if (trouble.empty() && options_.front)
        trouble = open_link(link::LinkId::Front, *options_.front);
    if (trouble.empty() && options_.back) trouble = open_link(link::LinkId::Back, *options_.back);
    return trouble;
}

std::string NodeLinks::open_capture() {
    auto sink = runtime::FileSink::create(*options_.capture);
    if (!sink) return sink.error().text;
    sink_ = std::move(*sink);
    writer_ = std::make_unique<link::PcapngWriter>(*sink_, "shunt-node " + std::string(kVersion));
    return {};
}

std::string NodeLinks::open_link(link::LinkId link, const runtime::DeviceAddress& address) {
    if (address.kind == runtime::DeviceAddress::Kind::Unix) return open_tester(link, address);
    return open_device(link, address);
}

std::string NodeLinks::open_tester(link::LinkId link, const runtime::DeviceAddress& address) {
    AttachedLink& attached = links_.at(static_cast<std::size_t>(link));
    const bool is_shared = options_.front == options_.back;
    if (is_shared && link == link::LinkId::Back) {
        attached.tester = testers_.front().get();
        return {};
    }
    auto attachment = runtime::UnixAttachment::open(address.name);
    if (!attachment) return attachment.error().text;
    AttachedTester::Config config;
    config.time = options_.time;
    config.has_front = is_shared || link == link::LinkId::Front;
    config.has_back = is_shared || link == link::LinkId::Back;
    config.token = token_of(link);
    testers_.push_back(
        std::make_unique<AttachedTester>(std::move(*attachment), config, loop_, pool_));
    attached.tester = testers_.back().get();
    return {};
}

std::string NodeLinks::open_device(link::LinkId link, const runtime::DeviceAddress& address) {
    auto opened = runtime::open_device(address, pool_, counters_);
    if (!opened) return opened.error().text;
    AttachedLink& attached = links_.at(static_cast<std::size_t>(link));
    attached.device = opened->get();
    loop_.watch(attached.device->descriptor(), token_of(link));
    (link == link::LinkId::Front ? mtus_.front : mtus_.back) = attached.device->mtu();
    if (link == link::LinkId::Front) mtus_.front_train = attached.device->train_max();
    std::unique_ptr<link::FramePort> port = std::move(*opened);
    if (writer_) {
        const std::uint32_t interface = writer_->add_interface(link_name(link));
        auto capture =
            std::make_unique<link::PcapPort>(std::move(port), *writer_, interface, offload_);
        attached.capture = capture.get();
        port = std::move(capture);
    }
    if (is_logged(LogLevel::Trace)) {
        logs_.push_back(std::make_unique<FrameLog>(link, encapsulation_type_));
        port = std::make_unique<link::TracerPort>(std::move(port), *logs_.back(), offload_);
    }
    attached.port = port.get();
    ports_.push_back(std::move(port));
    return {};
}

}  // namespace shunt::app
