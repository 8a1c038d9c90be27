import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A random generator whose numbers are derived from a seed. */
export interface Random {
  /** @returns a whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  shuffled<Item>(items: readonly Item[]): Item[]
}

export function seeded(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const between = (from: number, to: number) => uniformInt(generator, from, to)
  return {
    between,
    shuffled(items) {
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
