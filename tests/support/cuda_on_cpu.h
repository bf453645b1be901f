// Plays many_networks.cu on the processor. A block's threads are operating system threads that meet at a real barrier;
// with one thread a block there is nothing to meet. Blocks run one after another.
//
// As a library: play(kernel, arguments, blocks, threads, shared_bytes). As a program (-DPROGRAM): reads the launch from
// a file, so that a sanitiser, which wants a whole process, can watch it.

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

using std::exp;
using std::log;
using std::min;
using std::pow;
using std::sqrt;
using std::tanh;

struct Index { unsigned x; };
static thread_local Index threadIdx, blockIdx, blockDim;
static thread_local void* shared_memory;
static thread_local std::barrier<>* meeting;

static long long clock64() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

#define __global__
#define __device__
#define __syncthreads() (meeting ? meeting->arrive_and_wait() : (void)0)
#define DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(shared_memory)

#include KERNEL_SOURCE

// Arguments are addresses of the values, as CUDA's own launch takes them.
template <typename... Parameters, size_t... Positions>
static void call(void (*kernel)(Parameters...), void** arguments, std::index_sequence<Positions...>) {
    kernel(*static_cast<Parameters*>(arguments[Positions])...);
}

template <typename... Parameters>
static void call(void (*kernel)(Parameters...), void** arguments) {
    call(kernel, arguments, std::index_sequence_for<Parameters...>());
}

static void enter(const char* kernel, void** arguments) {
    if (!std::strcmp(kernel, "train_many")) call(train_many, arguments);
    else if (!std::strcmp(kernel, "evaluate_many")) call(evaluate_many, arguments);
    else std::abort();
}

static void one_block(const char* kernel, void** arguments, unsigned block, unsigned n_threads, size_t shared_bytes) {
    // What a card's shared memory holds at first is anything: not-a-numbers show what is read before it is written.
    std::vector<unsigned char> memory(shared_bytes, 0xff);
    std::barrier<> barrier(n_threads);
    auto run = [&](unsigned thread) {
        threadIdx.x = thread;
        blockIdx.x = block;
        blockDim.x = n_threads;
        shared_memory = memory.data();
        meeting = n_threads > 1 ? &barrier : nullptr;
        enter(kernel, arguments);
    };
    std::vector<std::thread> threads;
    for (unsigned thread = 1; thread < n_threads; thread++) threads.emplace_back(run, thread);
    run(0);
    for (auto& thread : threads) thread.join();
}

extern "C" void play(const char* kernel, void** arguments, unsigned n_blocks, unsigned n_threads,
                     size_t shared_bytes) {
    for (unsigned block = 0; block < n_blocks; block++) one_block(kernel, arguments, block, n_threads, shared_bytes);
}

#ifdef PROGRAM
static void read(std::FILE* file, void* to, size_t size) {
    if (std::fread(to, 1, size, file) != size) std::exit(3);
}

static int64 number(std::FILE* file) {
    int64 value;
    read(file, &value, sizeof value);
    return value;
}

// program KERNEL FILE N_BLOCKS N_THREADS SHARED_BYTES; the file holds the number of arguments and, for each, -1 and a
// value, or a size in bytes and that many bytes, an array. The first array is written back to the file's beginning.
int main(int, char** words) {
    std::FILE* file = std::fopen(words[2], "r+b");
    const int64 n_arguments = number(file);
    std::vector<std::vector<unsigned char>> arrays(n_arguments);
    std::vector<int64> values(n_arguments);
    std::vector<void*> pointers(n_arguments), arguments(n_arguments);
    for (int64 i = 0; i < n_arguments; i++) {
        const int64 size = number(file);
        if (size < 0) {
            values[i] = number(file);
            arguments[i] = &values[i];
        } else {
            arrays[i].resize(size);
            read(file, arrays[i].data(), size);
            pointers[i] = arrays[i].data();
            arguments[i] = &pointers[i];
        }
    }
    play(words[1], arguments.data(), std::atoi(words[3]), std::atoi(words[4]), std::atoll(words[5]));
    std::rewind(file);
    std::fwrite(arrays[0].data(), 1, arrays[0].size(), file);
    std::fclose(file);
}
#endif
