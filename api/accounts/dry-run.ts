import type { AddAccountRequest } from '../../domain/runs/add-account-request.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { parentNotActive } from '../../domain/organizations/organization-errors.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import type { Registry } from '../../plugins/registry.ts'
import { findDomainProblems } from './account-problems.ts'
import { type AccountDefaults, defaultsBelow, readAccountBody, withDefaults } from './account-request.ts'
import { invalidRequest } from '../http/problem.ts'
import type { AccountDryRunView } from './dry-run-schema.ts'
import { previewStep } from '../runs/preview-step.ts'

/** What each step would do, and all problems. Has no effect. @throws Problem when the body does not match the schema. */
export async function dryRunAccount(
  dependencies: { db: DatabaseConnection; registry: Registry; accountDefaults: AccountDefaults },
  parent: Organization,
  body: unknown,
): Promise<AccountDryRunView> {
  const read = readAccountBody(body)
  const accountDefaults = await defaultsBelow(dependencies.db, dependencies.accountDefaults, {
    parent,
    ...read,
  })
  const problems = await findDomainProblems({ ...dependencies, accountDefaults }, parent, read)
  if (read.request === undefined) throw invalidRequest([...read.problems, ...problems])
  if (parent.status !== 'active')
    problems.push(fieldProblem('', parentNotActive, { parameters: { status: parent.status } }))

  const { registry } = dependencies
  const request = withDefaults(read.request, accountDefaults)
  const billable = !problems.some((problem) => problem.pointer.startsWith('/plan'))
  const preview = billable ? await previewSteps(registry, request) : { steps: [], problems: [] }
  const allProblems = [...problems, ...preview.problems]
  return {
    valid: allProblems.length === 0,
    problems: allProblems,
    organization: {
      type: request.type,
      parentId: parent.id,
      parentName: parent.name,
      ...(request.company as { name: string; state: string; country: string }),
    },
    user: request.user ?? null,
    plan: request.plan ?? null,
    steps: preview.steps,
  }
}

async function previewSteps(
  registry: Registry,
  request: AddAccountRequest,
): Promise<{ steps: AccountDryRunView['steps']; problems: FieldProblem[] }> {
  const steps: AccountDryRunView['steps'] = []
  const problems: FieldProblem[] = []
  for (const planned of registry.planFor('add-account', request)) {
    try {
      steps.push(await previewStep(registry, planned, request))
    } catch (error) {
      if (!(error instanceof StepError)) throw error
      problems.push({ pointer: error.fields[0]?.pointer ?? '', code: error.code, message: error.message })
    }
  }
  return { steps, problems }
}
