import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Chance that can be repeated: the same seed gives the same numbers in the same order. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
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
 * Deals cards from a shuffled deck, and shuffles again when all are dealt: so a short run meets every card, and a long one
 * each as often as the deck says.
 */
export function dealer<Card>(random: Random, deck: readonly [Card, ...Card[]]): () => Card {
  const left: Card[] = []
  return () => {
    if (left.length === 0) left.push(...random.shuffled(deck))
    return left.pop() ?? deck[0]
  }
}
