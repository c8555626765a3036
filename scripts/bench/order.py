"""The order in which greentrain visits samples: what trainer/data/counter_random.h and permutation.cpp compute."""

GAMMA = 0x9E3779B97F4A7C15
ALL = (1 << 64) - 1
PURPOSE_ORDER = 2
ROUNDS = 8


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & ALL
    return z ^ (z >> 31)


class CounterRandom:
    def __init__(self, seed, purpose, stream):
        self.key = mix((mix((seed + purpose * GAMMA) & ALL) + stream * GAMMA) & ALL)
        self.counter = 0

    def next(self):
        self.counter += 1
        return mix((self.key + self.counter * GAMMA) & ALL)


def epoch_order(samples, seed, epoch):
    chance = CounterRandom(seed, PURPOSE_ORDER, epoch)
    keys = [chance.next() for _ in range(ROUNDS)]
    half = (max(samples - 1, 1).bit_length() + 1) // 2
    mask = (1 << half) - 1

    def encrypted(number):
        left, right = number >> half, number & mask
        for key in keys:
            left, right = right, left ^ mix(((key ^ right) + GAMMA) & ALL) & mask
        return left << half | right

    order = []
    for place in range(samples):
        number = encrypted(place)
        while number >= samples:
            number = encrypted(number)
        order.append(number)
    return order


def rank_batches(samples, seed, batch, rank, ranks, steps):
    """The samples of a rank in each step, when batches of all ranks together divide the samples."""
    per_epoch = samples // batch
    for step in range(steps):
        if step % per_epoch == 0:
            order = epoch_order(samples, seed, step // per_epoch)
        begin = step % per_epoch * batch
        whole = order[begin:begin + batch]
        yield whole[batch * rank // ranks:batch * (rank + 1) // ranks]
