"""The order in which greentrain visits samples: what trainer/data/counter_random.h and order.cpp compute."""

GAMMA = 0x9E3779B97F4A7C15
ALL = (1 << 64) - 1
PURPOSE_ORDER = 2


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & ALL
    return z ^ (z >> 31)


class CounterRandom:
    def __init__(self, seed, purpose, stream):
        self.key = mix((mix((seed + purpose * GAMMA) & ALL) + stream * GAMMA) & ALL)
        self.counter = 0

    def below(self, bound):
        while True:
            self.counter += 1
            draw = mix((self.key + self.counter * GAMMA) & ALL)
            if draw - draw % bound <= ALL - (bound - 1):
                return draw % bound


def epoch_order(samples, seed, epoch):
    order = list(range(samples))
    chance = CounterRandom(seed, PURPOSE_ORDER, epoch)
    for left in range(samples, 1, -1):
        other = chance.below(left)
        order[left - 1], order[other] = order[other], order[left - 1]
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
