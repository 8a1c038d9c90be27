import type { AddAccountRequest } from './add-account-request.ts'
import type { RunKind, RunRequests, PlanTerms } from './run-requests.ts'
import type { PlannedStep } from './run-plan.ts'

// The Web UI cuts longer ones.
const longestName = 60

/**
 * One line for the Web UI's list. Names companies, never a person.
 * @param organizationName the parent of an account to be added, else the account itself.
 */
export function describeRun<Kind extends RunKind>(
  { kind, request }: { kind: Kind; request: RunRequests[Kind] },
  organizationName: string,
): string {
  return sentences[kind](request, escapeMarkdown(organizationName))
}

const sentences: { [Kind in RunKind]: (request: RunRequests[Kind], name: string) => string } = {
  'add-account': describeAccount,
  'change-plan': ({ to }, name) => `Change the plan of “${name}” to ${describeTerms(to)}`,
  'switch-billing': ({ subscription, billingAdapter }, name) =>
    `Move the billing of “${name}” from ${subscription.billingAdapter} to ${billingAdapter}`,
  'suspend-account': (_, name) => `Suspend “${name}”`,
  'restore-account': (_, name) => `Restore “${name}”`,
  'close-account': (_, name) => `Close “${name}”`,
  'bill-account': ({ month }, name) => `Bill “${name}” for ${month}`,
  'remind-trial': (_, name) => `Remind “${name}” that its trial is about to end`,
  'expire-trial': (_, name) => `End the trial of “${name}”`,
  'add-user': (_, name) => `Add a user to “${name}”`,
  'resend-invitation': ({ message }, name) =>
    message === 'invitation'
      ? `Invite a user of “${name}” again`
      : `Send a user of “${name}” a link to reset the password`,
}

function describeAccount({ type, company, user, plan }: AddAccountRequest, parentName: string): string {
  const ends = [
    ...(plan === undefined ? [] : [describeLicenses(plan)]),
    ...(user === undefined ? [] : ['with a user']),
  ]
  const what = `Add ${type} “${escapeMarkdown(company.name)}” under ${parentName}`
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

function describeTerms({ kind, licenses }: PlanTerms): string {
  if (kind === 'trial') return `a trial of ${licenses} licenses`
  return licenses === null ? 'purchased without a limit' : `purchased, up to ${licenses} licenses`
}

function escapeMarkdown(name: string): string {
  const short = name.length > longestName ? `${name.slice(0, longestName).toWellFormed()}…` : name
  return short.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&')
}
