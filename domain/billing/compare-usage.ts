import type { Usage } from './usage.ts'

export type UsageDifference =
  | { kind: 'missing_at_provider'; ours: Usage; message: string }
  | { kind: 'unknown_here'; theirs: Usage; message: string }
  | { kind: 'different_usage'; ours: Usage; theirs: Usage; message: string }

/** Usage of 0 licenses counts as no usage. @returns undefined when both agree. */
export function compareUsage(
  ours: Usage | undefined,
  theirs: Usage | undefined,
): UsageDifference | undefined {
  const billed = isUsed(ours) ? ours : undefined
  const recorded = isUsed(theirs) ? theirs : undefined
  if (billed !== undefined && recorded !== undefined) {
    if (billed.trial === recorded.trial && billed.purchased === recorded.purchased) return undefined
    const message = `We billed ${describeUsage(billed)}; the provider has ${describeUsage(recorded)}.`
    return { kind: 'different_usage', ours: billed, theirs: recorded, message }
  }
  if (billed !== undefined) {
    const message = `We billed ${describeUsage(billed)}; the provider has nothing.`
    return { kind: 'missing_at_provider', ours: billed, message }
  }
  if (recorded !== undefined) {
    const message = `The provider has ${describeUsage(recorded)}; we have no bill.`
    return { kind: 'unknown_here', theirs: recorded, message }
  }
  return undefined
}

function isUsed(usage: Usage | undefined): boolean {
  return usage !== undefined && usage.trial + usage.purchased > 0
}

function describeUsage({ trial, purchased }: Usage): string {
  return `${purchased} purchased and ${trial} trial licenses`
}
