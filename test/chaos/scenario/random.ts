import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export type Random = ReturnType<typeof seeded>

/** @returns a random generator whose numbers are derived from the seed. */
export function seeded(seed: number) {
  const generator = xoroshiro128plus(seed)
  /** @returns a whole number from `from` to `to`, both included. */
  const between = (from: number, to: number) => uniformInt(generator, from, to)
  return {
    between,
    shuffled<Item>(items: readonly Item[]): Item[] {
      const left = [...items]
      return items.flatMap(() => left.splice(between(0, left.length - 1), 1))
    },
  }
}

/**
 * Deals the cards of a shuffled deck, and shuffles it again when no card is left. A short scenario gets every card, and a
 * long one gets each as often as the deck has it.
 */
export function dealer<Card>(random: Random, deck: readonly [Card, ...Card[]]): () => Card {
  const left: Card[] = []
  return () => {
    if (left.length === 0) left.push(...random.shuffled(deck))
    return left.pop() ?? deck[0]
  }
}
