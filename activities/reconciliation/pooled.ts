/**
 * Calls `act` for each item, a limited number at the same time.
 * @returns the results in the order of the items.
 * @throws the first error of `act`.
 */
export async function pooled<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const remaining = items.entries()
  const work = async () => {
    for (const [index, item] of remaining) results[index] = await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}
