import type { AddAccountRequest } from '../domain/add-account.ts'
import type { PlannedStep } from '../domain/run-plan.ts'

// The Web UI cuts longer ones.
const longestName = 60

/** One line for the Web UI's list. Names companies, never a person. */
export function describeRequest(
  { type, company, user, plan }: AddAccountRequest,
  parentName: string,
): string {
  const ends = [
    ...(plan === undefined ? [] : [describeLicenses(plan)]),
    ...(user === undefined ? [] : ['with a user']),
  ]
  const what = `Add ${type} “${escapeMarkdown(company.name)}” under ${escapeMarkdown(parentName)}`
  return ends.length === 0 ? what : `${what}: ${ends.join(', ')}`
}

/** The steps, for the Web UI's page of the run. */
export function describePlan(plan: PlannedStep[]): string {
  return plan.map((step, index) => `${index + 1}. ${step.title} (\`${step.id}\`)`).join('\n')
}

function describeLicenses(plan: NonNullable<AddAccountRequest['plan']>): string {
  if (plan.kind === 'trial') return `${plan.licenses}-license trial`
  return plan.licenses === undefined ? 'purchased plan' : `purchased plan of up to ${plan.licenses} licenses`
}

function escapeMarkdown(name: string): string {
  const short = name.length > longestName ? `${name.slice(0, longestName).toWellFormed()}…` : name
  return short.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&')
}
