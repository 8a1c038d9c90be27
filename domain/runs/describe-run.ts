import type { AddAccountRequest } from './add-account-request.ts'
import type { RunKind, RunRequests, PlanTerms } from './run-requests.ts'
import type { PlannedStep } from './run-plan.ts'

// The Web UI truncates longer names.
const longestName = 60

/**
 * One line of Markdown that describes a run in the list of the Web UI. It contains names of companies, never of people.
 * @param organizationName the name of the parent of an account to be added; for other kinds, of the account.
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
  'update-customer': ({ billingAdapter }, name) => `Carry the name of “${name}” to ${billingAdapter}`,
  'bill-account': ({ month }, name) => `Bill “${name}” for ${month}`,
  'remind-trial': (_, name) => `Remind “${name}” that its trial ends soon`,
  'expire-trial': (_, name) => `End the trial of “${name}”`,
  'add-user': (_, name) => `Add a user to “${name}”`,
  'resend-invitation': ({ message }, name) =>
    message === 'invitation'
      ? `Invite a user of “${name}” again`
      : `Send a user of “${name}” a link to reset the password`,
  'update-user': (_, name) => `Change a user of “${name}”`,
  'move-user': (_, name) => `Move a user of “${name}” to another organization`,
  'remove-user': (_, name) => `Remove a user of “${name}”`,
}

function describeAccount({ type, company, user, plan }: AddAccountRequest, parentName: string): string {
  const details = [
    ...(plan === undefined ? [] : [describeLicenses(plan)]),
    ...(user === undefined ? [] : ['with a user']),
  ]
  const addition = `Add ${type} “${escapeMarkdown(company.name)}” under ${parentName}`
  return details.length === 0 ? addition : `${addition}: ${details.join(', ')}`
}

export function describeRunPlan(plan: PlannedStep[]): string {
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
