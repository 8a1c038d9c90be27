import type { Usage } from './usage.ts'

/** How our numbers and a provider's differ. */
export type UsageDifference =
  /** We billed it, and the provider has nothing on record. */
  | { kind: 'missing_at_provider'; ours: Usage; message: string }
  /** The provider has something on record that we did not bill. */
  | { kind: 'unknown_here'; theirs: Usage; message: string }
  | { kind: 'different_usage'; ours: Usage; theirs: Usage; message: string }

/**
 * Compares what we billed under a subscription in a month with what its provider has on record.
 * @param ours undefined where there is no bill that the provider was told of.
 * @param theirs undefined where the provider has nothing. A record of nothing used is as good as none.
 * @returns undefined when they agree.
 */
export function compareUsage(
  ours: Usage | undefined,
  theirs: Usage | undefined,
): UsageDifference | undefined {
  const we = isNothing(ours) ? undefined : ours
  const they = isNothing(theirs) ? undefined : theirs
  if (we !== undefined && they !== undefined) {
    if (we.trial === they.trial && we.purchased === they.purchased) return undefined
    const message = `We billed ${inWords(we)}; the provider has ${inWords(they)}.`
    return { kind: 'different_usage', ours: we, theirs: they, message }
  }
  if (we !== undefined) {
    const message = `We billed ${inWords(we)}; the provider has nothing.`
    return { kind: 'missing_at_provider', ours: we, message }
  }
  if (they !== undefined) {
    const message = `The provider has ${inWords(they)}; we have no bill.`
    return { kind: 'unknown_here', theirs: they, message }
  }
  return undefined
}

function isNothing(usage: Usage | undefined): boolean {
  return usage === undefined || usage.trial + usage.purchased === 0
}

function inWords({ trial, purchased }: Usage): string {
  return `${purchased} purchased and ${trial} trial licenses`
}
