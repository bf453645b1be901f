// Training and evaluation of many small networks at once, one network per thread block.
//
// The arithmetic is that of mlpsvd.network, equation by equation. A batch is a matrix with one clip per row. All loops
// are strided by the block size, and there are no atomic operations: a block of any size, including one thread, does
// the same additions in the same order, so that the results do not depend on the number of threads.
//
// Written for NVRTC, which has no headers: nothing is included. REAL is float or double. ASCII only, because CuPy
// writes the source to a file in the encoding of the system.
//
// The host (layout.py) describes networks and layers in two tables of 64-bit integers, whose columns have the order of
// the enumerations below.

#ifndef REAL
#define REAL float
#endif

#ifndef DYNAMIC_SHARED
#define DYNAMIC_SHARED(type, name) extern __shared__ type name[]
#endif

typedef REAL real;
typedef long long int64;

// LAYER_ROWS: first row in the layer table. PARAMETERS: offset into parameters and moments. X, LABELS, ORDER: offsets
// into the data; the orders of the epochs are concatenated. WORK: offset into the workspace in global memory. RESULT:
// offset into the estimates. The columns NEAR_... are offsets into shared memory, or -1 if the data do not fit.
enum NetworkColumn {
    LAYER_ROWS, N_LAYERS, PARAMETERS, N_PARAMETERS, X, LABELS, N_CLIPS, ORDER, BATCH_SIZE, LOSS, OPTIMISER, WORK, RESULT,
    NEAR_WORK, NEAR_THETA, NEAR_GRADIENT, NEAR_FIRST, NEAR_SECOND, NETWORK_COLUMNS
};

// THETA is an offset from the network's own parameters; Z to BACK are offsets into its workspace.
enum LayerColumn { KIND, N_IN, N_OUT, RANK, ACTIVATION, THETA, Z, DELTA, P, Q, BACK, LAYER_COLUMNS };

enum Kind { DENSE, SVD, TWO_FACTOR };
enum Activation { RELU, SIGMOID, TANH, SOFTMAX };
enum Loss { CROSS_ENTROPY, SQUARED_ERROR };
enum Optimiser { SGD, MOMENTUM, ADAM };
enum Rule { LEARNING_RATE, MOMENTUM_KEPT, BETA_1, BETA_2, EPSILON, RULE_NUMBERS };

// A matrix, or its transpose, inside a vector.
struct Matrix {
    real* start;
    int row, column;  // distance between rows, and between columns
    __device__ Matrix(real* start, int row, int column) : start(start), row(row), column(column) {}
    __device__ real& operator()(int i, int j) const { return start[(int64)i * row + (int64)j * column]; }
    __device__ Matrix transposed() const { return Matrix(start, column, row); }
};

// One layer: its sizes, and pointers to its parameters, their gradients and the intermediate results of a batch.
struct Layer {
    int kind, n_in, n_out, rank, activation;
    real *theta, *gradient, *work;
    const int64* row;

    __device__ Layer(const int64* table, int64 index, real* theta, real* gradient, real* work)
        : row(table + index * LAYER_COLUMNS) {
        kind = (int)row[KIND];
        n_in = (int)row[N_IN];
        n_out = (int)row[N_OUT];
        rank = (int)row[RANK];
        activation = (int)row[ACTIVATION];
        this->theta = theta + row[THETA];
        this->gradient = gradient + row[THETA];
        this->work = work;
    }

    // Offsets of the parameters, in this order: U (or W), sigma, V^T (or Sigma V^T), b.
    __device__ int64 sigma() const { return (int64)n_out * rank; }
    __device__ int64 right() const { return sigma() + (kind == SVD ? rank : 0); }
    __device__ int64 bias() const { return kind == DENSE ? (int64)n_out * n_in : right() + (int64)rank * n_in; }

    __device__ Matrix w(real* vector) const { return Matrix(vector, n_in, 1); }
    __device__ Matrix u(real* vector) const { return Matrix(vector, rank, 1); }
    __device__ Matrix vt(real* vector) const { return Matrix(vector + right(), n_in, 1); }
    __device__ Matrix batch(int column, int width) const { return Matrix(work + row[column], width | 1, 1); }
    __device__ Matrix z() const { return batch(Z, n_out); }
    __device__ Matrix delta() const { return batch(DELTA, n_out); }
    __device__ Matrix p() const { return batch(P, rank); }
    __device__ Matrix q() const { return batch(Q, rank); }
    __device__ Matrix back() const { return batch(BACK, rank); }
};

// out = a b, with a register tile of TILE x TILE results a thread. Neighbouring threads compute neighbouring columns;
// a tile's own rows and columns are far apart, so that neighbouring threads also read neighbouring numbers.
template <int TILE>
__device__ void multiply_tiles(Matrix a, Matrix b, Matrix out, int rows, int columns, int inner) {
    const int row_step = (rows + TILE - 1) / TILE, column_step = (columns + TILE - 1) / TILE;
    for (int tile = threadIdx.x; tile < row_step * column_step; tile += blockDim.x) {
        const int row = tile / column_step, column = tile % column_step;
        const real *left[TILE], *above[TILE];
        real sums[TILE][TILE];
        for (int i = 0; i < TILE; i++) {
            // Beyond the edge, the last row or column is computed again and not stored.
            left[i] = &a(min(row + i * row_step, rows - 1), 0);
            above[i] = &b(0, min(column + i * column_step, columns - 1));
            for (int j = 0; j < TILE; j++) sums[i][j] = 0;
        }
        for (int k = 0; k < inner; k++) {
            real x[TILE], y[TILE];
            for (int i = 0; i < TILE; i++) {
                x[i] = *left[i];
                y[i] = *above[i];
                left[i] += a.column;
                above[i] += b.row;
            }
            for (int i = 0; i < TILE; i++)
                for (int j = 0; j < TILE; j++) sums[i][j] += x[i] * y[j];
        }
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < TILE; j++) {
                const int r = row + i * row_step, c = column + j * column_step;
                if (r < rows && c < columns) out(r, c) = sums[i][j];
            }
    }
}

// In a small product, more threads are busy if each computes a single result. Both variants add in the same order.
__device__ void multiply(Matrix a, Matrix b, Matrix out, int rows, int columns, int inner) {
    if ((int64)rows * columns <= 2 * (int64)blockDim.x)
        multiply_tiles<1>(a, b, out, rows, columns, inner);
    else
        multiply_tiles<2>(a, b, out, rows, columns, inner);
}

// out = x m^T for a batch x. Computed as the transpose: neighbouring threads then work on neighbouring clips, whose rows
// are an odd number of steps apart and so in different banks of shared memory.
__device__ void multiply_batch(Matrix x, Matrix m, Matrix out, int n, int n_out, int n_in) {
    multiply(m, x.transposed(), out.transposed(), n_out, n, n_in);
}

__device__ void scale_columns(Matrix a, const real* scale, Matrix out, int n, int columns) {
    for (int index = threadIdx.x; index < n * columns; index += blockDim.x) {
        const int i = index / columns, r = index % columns;
        out(i, r) = a(i, r) * scale[r];
    }
}

// Equation (12) for one clip; the largest input is subtracted to avoid overflow.
__device__ void softmax(Matrix a, int i, int width) {
    real largest = a(i, 0), sum = 0;
    for (int j = 1; j < width; j++) largest = a(i, j) > largest ? a(i, j) : largest;
    for (int j = 0; j < width; j++) {
        a(i, j) = exp(a(i, j) - largest);
        sum += a(i, j);
    }
    for (int j = 0; j < width; j++) a(i, j) /= sum;
}

__device__ real activated(int kind, real a) {
    if (kind == RELU) return a < 0 ? (real)0 : a;
    if (kind == SIGMOID) return (real)0.5 * (1 + tanh((real)0.5 * a));
    return tanh(a);
}

// Replace z by h(z + b): equation (2).
__device__ void add_bias_and_activate(int kind, Matrix z, const real* bias, int n, int width) {
    for (int index = threadIdx.x; index < n * width; index += blockDim.x) {
        const int i = index / width, j = index % width;
        const real a = z(i, j) + bias[j];
        z(i, j) = kind == SOFTMAX ? a : activated(kind, a);
    }
    __syncthreads();
    if (kind != SOFTMAX) return;
    for (int i = threadIdx.x; i < n; i += blockDim.x) softmax(z, i, width);
    __syncthreads();
}

__device__ real slope(int kind, real z) {
    if (kind == RELU) return z <= 0 ? (real)0 : (real)1;
    if (kind == SIGMOID) return z * (1 - z);
    return 1 - z * z;
}

// Replace gradient by H^T gradient: equations (14) and (26).
__device__ void through_activation(int kind, Matrix z, Matrix gradient, int n, int width) {
    if (kind != SOFTMAX) {
        for (int index = threadIdx.x; index < n * width; index += blockDim.x) {
            const int i = index / width, j = index % width;
            gradient(i, j) *= slope(kind, z(i, j));
        }
    } else {
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            real inner = 0;
            for (int j = 0; j < width; j++) inner += gradient(i, j) * z(i, j);
            for (int j = 0; j < width; j++) gradient(i, j) = z(i, j) * (gradient(i, j) - inner);
        }
    }
    __syncthreads();
}

// One layer, equations (1) and (2) or (52) and (53); its outputs stay in the workspace.
__device__ void forward(const Layer& layer, Matrix x, int n) {
    if (layer.kind == DENSE) {
        multiply_batch(x, layer.w(layer.theta), layer.z(), n, layer.n_out, layer.n_in);
    } else {
        const Matrix first = layer.kind == SVD ? layer.p() : layer.q();
        multiply_batch(x, layer.vt(layer.theta), first, n, layer.rank, layer.n_in);
        __syncthreads();
        if (layer.kind == SVD) {
            scale_columns(first, layer.theta + layer.sigma(), layer.q(), n, layer.rank);
            __syncthreads();
        }
        multiply_batch(layer.q(), layer.u(layer.theta), layer.z(), n, layer.n_out, layer.rank);
    }
    __syncthreads();
    add_bias_and_activate(layer.activation, layer.z(), layer.theta + layer.bias(), n, layer.n_out);
}

// Sum of a, or of the elementwise product of a and b, over the batch, for each column.
__device__ void column_sums(Matrix a, const Matrix* b, real* out, int n, int width) {
    for (int j = threadIdx.x; j < width; j += blockDim.x) {
        real sum = 0;
        for (int i = 0; i < n; i++) sum += b ? a(i, j) * (*b)(i, j) : a(i, j);
        out[j] = sum;
    }
}

// Gradients of one layer, equations (49), (50), (62) to (64), from its delta in the workspace.
__device__ void backward(const Layer& layer, Matrix x, int n) {
    const Matrix delta = layer.delta();
    column_sums(delta, 0, layer.gradient + layer.bias(), n, layer.n_out);
    if (layer.kind == DENSE) {
        multiply(delta.transposed(), x, layer.w(layer.gradient), layer.n_out, layer.n_in, n);
    } else {
        const Matrix back = layer.back(), p = layer.p();
        multiply(delta.transposed(), layer.q(), layer.u(layer.gradient), layer.n_out, layer.rank, n);
        multiply_batch(delta, layer.u(layer.theta).transposed(), back, n, layer.rank, layer.n_out);
        __syncthreads();
        if (layer.kind == SVD) {
            column_sums(back, &p, layer.gradient + layer.sigma(), n, layer.rank);
            __syncthreads();
            scale_columns(back, layer.theta + layer.sigma(), back, n, layer.rank);
            __syncthreads();
        }
        multiply(back.transposed(), x, layer.vt(layer.gradient), layer.rank, layer.n_in, n);
    }
    __syncthreads();
}

// out = W^T delta, the inner part of equation (48); requires backward() of this layer.
__device__ void backward_input(const Layer& layer, Matrix out, int n) {
    if (layer.kind == DENSE)
        multiply_batch(layer.delta(), layer.w(layer.theta).transposed(), out, n, layer.n_in, layer.n_out);
    else
        multiply_batch(layer.back(), layer.vt(layer.theta).transposed(), out, n, layer.n_in, layer.rank);
    __syncthreads();
}

// delta(1) of the batch mean: y^ - y for the cross-entropy, H^T (y^ - y) for the squared error.
__device__ void output_delta(int loss, const Layer& layer, const int* labels, const int* order, int n) {
    const Matrix z = layer.z(), delta = layer.delta();
    for (int index = threadIdx.x; index < n * layer.n_out; index += blockDim.x) {
        const int i = index / layer.n_out, j = index % layer.n_out;
        delta(i, j) = (z(i, j) - (labels[order[i]] == j ? 1 : 0)) / n;
    }
    __syncthreads();
    if (loss == SQUARED_ERROR) through_activation(layer.activation, z, delta, n, layer.n_out);
}

// Adam's rate and correction of each layer, from its number of updates: Kingma and Ba (2015), algorithm 1.
__device__ void prepare_update(real* scales, int64* steps, int n_layers, const double* rule) {
    for (int index = threadIdx.x; index < n_layers; index += blockDim.x) {
        const double seen = (double)++steps[index];
        scales[2 * index] = (real)(rule[LEARNING_RATE] / (1 - pow(rule[BETA_1], seen)));
        scales[2 * index + 1] = (real)(1 / (1 - pow(rule[BETA_2], seen)));
    }
}

__device__ void adam(real* theta, const real* gradient, real* first, real* second, int count, const real* scales,
                     const double* rule) {
    const real rate = scales[0], correction = scales[1], epsilon = (real)rule[EPSILON];
    const real change_1 = (real)(1 - rule[BETA_1]), change_2 = (real)(1 - rule[BETA_2]);
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const real g = gradient[i];
        const real mean = first[i] + change_1 * (g - first[i]), square = second[i] + change_2 * (g * g - second[i]);
        first[i] = mean;
        second[i] = square;
        theta[i] -= rate * mean / (sqrt(square * correction) + epsilon);
    }
}

// Gradient descent, equation (38), or momentum.
__device__ void descend(bool momentum, real* theta, const real* gradient, real* first, int count, const double* rule) {
    const real rate = (real)rule[LEARNING_RATE], kept = (real)rule[MOMENTUM_KEPT];
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        real step = rate * gradient[i];
        if (momentum) first[i] = step += kept * first[i];
        theta[i] -= step;
    }
}

__device__ void copy(const real* from, real* to, int count) {
    if (from == to) return;
    for (int i = threadIdx.x; i < count; i += blockDim.x) to[i] = from[i];
}

// The network of a block: its row of the table, with pointers to its data in shared or global memory.
struct Network {
    const int64 *row, *layers;
    int n_layers, n_parameters, n_in, loss;
    real *theta, *gradient, *work;

    __device__ Network(const int64* networks, const int64* layer_table, real* theta, real* gradient, real* work,
                       real* shared)
        : row(networks + (int64)blockIdx.x * NETWORK_COLUMNS) {
        layers = layer_table + row[LAYER_ROWS] * LAYER_COLUMNS;
        n_layers = (int)row[N_LAYERS];
        n_parameters = (int)row[N_PARAMETERS];
        n_in = (int)layers[N_IN];
        loss = (int)row[LOSS];
        this->theta = near(NEAR_THETA, theta, shared);
        this->gradient = near(NEAR_GRADIENT, gradient, shared);
        this->work = row[NEAR_WORK] < 0 ? work + row[WORK] : shared + row[NEAR_WORK];
    }

    __device__ real* near(int column, real* global, real* shared) const {
        return row[column] < 0 ? global + row[PARAMETERS] : shared + row[column];
    }

    __device__ Layer layer(int index) const { return Layer(layers, index, theta, gradient, work); }

    // The workspace starts with two numbers per layer and one per clip of the batch, followed by the batch's inputs.
    __device__ real* clip_losses() const { return work + 2 * n_layers; }
    __device__ Matrix inputs() const { return Matrix(clip_losses() + row[BATCH_SIZE], n_in | 1, 1); }

    // Copy a batch of feature vectors, in the given order or in the order of the data set.
    __device__ void fetch(const real* x, const int* order, int start, int n) const {
        const Matrix inputs = this->inputs();
        for (int index = threadIdx.x; index < n * n_in; index += blockDim.x) {
            const int i = index / n_in, j = index % n_in;
            const int64 clip = order ? order[start + i] : start + i;
            inputs(i, j) = x[clip * n_in + j];
        }
        __syncthreads();
    }

    __device__ void predict(int n) const {
        Matrix x = inputs();
        for (int index = 0; index < n_layers; index++) {
            const Layer one = layer(index);
            forward(one, x, n);
            x = one.z();
        }
    }

    __device__ void propagate_back(int n) const {
        for (int index = n_layers - 1; index > 0; index--) {
            const Layer one = layer(index), before = layer(index - 1);
            backward(one, before.z(), n);
            backward_input(one, before.delta(), n);
            through_activation(before.activation, before.z(), before.delta(), n, before.n_out);
        }
        backward(layer(0), inputs(), n);
    }

    __device__ void update(real* first, real* second, const double* rule) const {
        if (row[OPTIMISER] != ADAM) {
            descend(row[OPTIMISER] == MOMENTUM, theta, gradient, first, n_parameters, rule);
        } else {
            for (int index = 0; index < n_layers; index++) {
                const int64 start = layers[index * LAYER_COLUMNS + THETA];
                const int64 stop = index + 1 < n_layers ? layers[(index + 1) * LAYER_COLUMNS + THETA] : n_parameters;
                adam(theta + start, gradient + start, first + start, second + start, (int)(stop - start),
                     work + 2 * index, rule);
            }
        }
        __syncthreads();
    }
};

// Train every network for n_epochs epochs, in place; block b trains network b. After each epoch the parameters go to
// history [n_epochs, n_all_parameters].
extern "C" __global__ void train_many(real* theta, real* gradient, real* first, real* second, int64* steps,
                                      int64* ticks, const real* x, const int* labels, const int* orders, const int64* networks,
                                      const int64* layers, const double* rules, real* work, real* history,
                                      int64 n_all_parameters, int64 n_epochs) {
    DYNAMIC_SHARED(real, shared);
    const int64 begun = clock64();
    const Network network(networks, layers, theta, gradient, work, shared);
    const int64* row = network.row;
    real* const near_first = network.near(NEAR_FIRST, first, shared);
    real* const near_second = network.near(NEAR_SECOND, second, shared);
    const int count = network.n_parameters, n_clips = (int)row[N_CLIPS], batch_size = (int)row[BATCH_SIZE];
    const double* rule = rules + (int64)blockIdx.x * RULE_NUMBERS;
    copy(theta + row[PARAMETERS], network.theta, count);
    copy(first + row[PARAMETERS], near_first, count);
    copy(second + row[PARAMETERS], near_second, count);  // read after fetch(), which waits for all threads
    for (int64 epoch = 0; epoch < n_epochs; epoch++) {
        const int* order = orders + row[ORDER] + epoch * n_clips;
        for (int start = 0; start < n_clips; start += batch_size) {
            const int n = min(batch_size, n_clips - start);
            if (row[OPTIMISER] == ADAM)
                prepare_update(network.work, steps + row[LAYER_ROWS], network.n_layers, rule);
            network.fetch(x + row[X], order, start, n);
            network.predict(n);
            output_delta(network.loss, network.layer(network.n_layers - 1), labels + row[LABELS], order + start, n);
            network.propagate_back(n);
            network.update(near_first, near_second, rule);
        }
        copy(network.theta, history + epoch * n_all_parameters + row[PARAMETERS], count);
    }
    copy(network.theta, theta + row[PARAMETERS], count);
    copy(near_first, first + row[PARAMETERS], count);
    copy(near_second, second + row[PARAMETERS], count);
    if (threadIdx.x == 0) ticks[blockIdx.x] = clock64() - begun;
}

__device__ int largest(Matrix z, int i, int width) {
    int best = 0;
    for (int j = 1; j < width; j++)
        if (z(i, j) > z(i, best)) best = j;
    return best;
}

// Loss of one clip, as mlpsvd.network.losses.
__device__ real clip_loss(int loss, int activation, Matrix z, int i, int width, int label) {
    const real tiny = sizeof(real) == 4 ? (real)1.17549435e-38 : (real)2.2250738585072014e-308;
    real total = 0;
    for (int j = 0; j < width; j++) {
        const real output = z(i, j), error = output - (j == label ? 1 : 0);
        if (loss == SQUARED_ERROR)
            total += (real)0.5 * error * error;
        else if (j == label)
            total -= log(output < tiny ? tiny : output);
        else if (activation == SIGMOID)
            total -= log(1 - output < tiny ? tiny : 1 - output);
    }
    return total;
}

// Evaluate every network on a whole set; block b evaluates network b, with BATCH_SIZE clips at a time. theta is only
// read, unless shared memory holds a copy. The summed losses are added in the order of the clips.
extern "C" __global__ void evaluate_many(real* theta, const real* x, const int* labels, const int64* networks,
                                         const int64* layers, real* work, double* losses, int* n_right,
                                         int* estimates) {
    DYNAMIC_SHARED(real, shared);
    const Network network(networks, layers, theta, theta, work, shared);
    const int64* row = network.row;
    const Layer last = network.layer(network.n_layers - 1);
    const int n_clips = (int)row[N_CLIPS], batch_size = (int)row[BATCH_SIZE];
    const int* right = labels + row[LABELS];
    int* found = estimates + row[RESULT];
    double total = 0;
    int count = 0;
    copy(theta + row[PARAMETERS], network.theta, network.n_parameters);  // read after fetch(), which waits
    for (int start = 0; start < n_clips; start += batch_size) {
        const int n = min(batch_size, n_clips - start);
        network.fetch(x + row[X], 0, start, n);
        network.predict(n);
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            found[start + i] = largest(last.z(), i, last.n_out);
            network.clip_losses()[i] = clip_loss(network.loss, last.activation, last.z(), i, last.n_out, right[start + i]);
        }
        __syncthreads();
        for (int i = 0; threadIdx.x == 0 && i < n; i++) {
            total += network.clip_losses()[i];
            count += found[start + i] == right[start + i];
        }
    }
    if (threadIdx.x == 0) {
        losses[blockIdx.x] = total;
        n_right[blockIdx.x] = count;
    }
}
