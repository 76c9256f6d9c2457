// SPDX-License-Identifier: Apache-2.0
// Drives the Verilator model of a design through its AXI4-Streams and writes down every transfer with its clock cycle.
// What the words should be is not known here: the caller compares them with the reference.
//
// Usage: testbench STIMULUS TRANSFERS [WAVEFORM.vcd]      (a waveform needs a model built with --trace)
// Exit code: 0 all expected words came; 2 STIMULUS is damaged; 4 nothing moved for `patience` cycles.
//
// STIMULUS, little-endian 32-bit words after the 8 bytes "JETRTL01":
//     seed, input stall, output stall (both: probability of a pause before a transfer, in 1/65536)
//     patience, quiet until (outputs are not ready before this cycle), expected output transfers, beats, words a beat
//     each beat: flags (1: tlast, 2: reset for a clock before it), idle cycles before it, then its words
// TRANSFERS, 32-bit words: kind (0: first beat of an event went in, 1 + k: output k), tlast, cycle, and of an output
//     transfer the words of its tdata.
//
// design.h is generated: the model's class, its ports, their widths.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

// tdata of any width, from and to 32-bit words, the lowest first.
template <class T> void put(T &port, const uint32_t *words) {
    port = words[0];
    if (sizeof(T) > 4) {
        port |= T(uint64_t(words[1]) << 32);
    }
}
template <std::size_t N> void put(VlWide<N> &port, const uint32_t *words) { std::memcpy(port.data(), words, 4 * N); }
template <class T> void get(const T &port, uint32_t *words) {
    words[0] = uint32_t(port);
    if (sizeof(T) > 4) {
        words[1] = uint32_t(uint64_t(port) >> 32);
    }
}
template <std::size_t N> void get(const VlWide<N> &port, uint32_t *words) {
    std::memcpy(words, port.data(), 4 * N);
}

#include "design.h"

namespace {

enum { SEED, IN_STALL, OUT_STALL, PATIENCE, QUIET_UNTIL, EXPECTED, BEATS, WORDS, HEADER };
enum { LAST = 1, RESET = 2 };
const uint32_t settle = 64; // cycles to run on after the last expected word: nothing more may come

class simulation {
  public:
    explicit simulation(const char *waveform) {
#if VM_TRACE
        if (waveform) {
            context_.traceEverOn(true);
            model_.trace(&trace_, 99);
            trace_.open(waveform);
        }
#else
        (void)waveform;
#endif
    }
    ~simulation() {
        model_.final();
#if VM_TRACE
        trace_.close();
#endif
    }
    design::model &model() { return model_; }
    uint32_t cycle() const { return cycle_; }

    // Lets the ports settle on the inputs of this cycle.
    void settle_ports() {
        model_.aclk = 0;
        eval();
    }
    void clock() {
        model_.aclk = 1;
        eval();
        cycle_++;
    }

  private:
    void eval() {
        model_.eval();
        context_.timeInc(1);
#if VM_TRACE
        if (trace_.isOpen()) {
            trace_.dump(context_.time());
        }
#endif
    }
    VerilatedContext context_;
    design::model model_{&context_};
#if VM_TRACE
    VerilatedVcdC trace_;
#endif
    uint32_t cycle_ = 0;
};

int run(const std::vector<uint32_t> &stimulus, FILE *transfers, const char *waveform) {
    const uint32_t *header = stimulus.data();
    const size_t stride = 2 + header[WORDS];
    const uint32_t *const end = header + HEADER + size_t(header[BEATS]) * stride;
    const uint32_t *beat = header + HEADER;

    simulation simulated(waveform);
    design::model &model = simulated.model();
    std::mt19937 random(header[SEED]);
    auto stalls = [&](uint32_t probability) { return (random() & 0xffff) < probability; };
    auto write = [&](uint32_t kind, uint32_t last, const uint32_t *words, size_t count) {
        const uint32_t record[3] = {kind, last, simulated.cycle()};
        std::fwrite(record, 4, 3, transfers);
        std::fwrite(words, 4, count, transfers);
    };
    auto reset = [&](unsigned cycles) {
        model.aresetn = 0;
        model.s_axis_tvalid = 0;
        for (unsigned i = 0; i < cycles; i++) {
            simulated.settle_ports();
            simulated.clock();
        }
        model.aresetn = 1;
    };
    reset(4);

    bool offered = false, first = true, ready[design::outputs] = {};
    uint32_t idle = beat < end ? beat[1] : 0, received = 0, still = 0;
    std::vector<uint32_t> words(design::widest_words);
    while (true) {
        if (beat < end && !offered) {
            if (idle > 0) {
                idle--;
                still = 0; // the sender waits, nothing is wrong
            } else {
                if (beat[0] & RESET) {
                    reset(1);
                    first = true;
                }
                offered = !stalls(header[IN_STALL]);
            }
        }
        model.s_axis_tvalid = offered;
        if (offered) {
            put(model.s_axis_tdata, beat + 2);
            model.s_axis_tlast = beat[0] & LAST;
        }
        const bool quiet = simulated.cycle() < header[QUIET_UNTIL];
        for (unsigned k = 0; k < design::outputs; k++) {
            ready[k] = !quiet && !stalls(header[OUT_STALL]);
        }
        design::set_ready(model, ready);
        simulated.settle_ports();

        still = quiet ? 0 : still + 1;
        if (offered && model.s_axis_tready) {
            if (first) {
                write(0, 0, nullptr, 0);
            }
            first = beat[0] & LAST;
            beat += stride;
            offered = false;
            idle = beat < end ? beat[1] : 0;
            still = 0;
        }
        for (unsigned k = 0; k < design::outputs; k++) {
            if (ready[k] && design::valid(model, k)) {
                const size_t count = design::read(model, k, words.data());
                write(1 + k, design::last(model, k), words.data(), count);
                received++;
                still = 0;
            }
        }
        simulated.clock();
        if (beat == end && received >= header[EXPECTED] && still >= settle) {
            return 0;
        }
        if (still > header[PATIENCE]) {
            std::fprintf(stderr, "testbench: nothing moved for %u cycles: %u of %u words came\n", header[PATIENCE],
                         received, header[EXPECTED]);
            return 4;
        }
    }
}

bool read_stimulus(const char *path, std::vector<uint32_t> &stimulus) {
    FILE *file = std::fopen(path, "rb");
    if (!file) {
        return false;
    }
    char magic[8];
    bool good = std::fread(magic, 1, 8, file) == 8 && std::memcmp(magic, "JETRTL01", 8) == 0;
    uint32_t buffer[4096];
    for (size_t count = 1; good && count > 0;) {
        count = std::fread(buffer, 4, 4096, file);
        stimulus.insert(stimulus.end(), buffer, buffer + count);
    }
    std::fclose(file);
    return good && stimulus.size() >= HEADER && stimulus[WORDS] == design::image_words &&
           stimulus.size() == HEADER + size_t(stimulus[BEATS]) * (2 + stimulus[WORDS]);
}

} // namespace

int main(int argc, char **argv) {
    std::vector<uint32_t> stimulus;
    if (argc < 3 || !read_stimulus(argv[1], stimulus)) {
        std::fprintf(stderr, "testbench: the stimulus is missing, damaged or of another design\n");
        return 2;
    }
    FILE *transfers = std::fopen(argv[2], "wb");
    if (!transfers) {
        std::fprintf(stderr, "testbench: %s cannot be written\n", argv[2]);
        return 2;
    }
    const int code = run(stimulus, transfers, argc > 3 ? argv[3] : nullptr);
    if (std::fclose(transfers) != 0) {
        std::fprintf(stderr, "testbench: %s cannot be written\n", argv[2]);
        return 2;
    }
    return code;
}
