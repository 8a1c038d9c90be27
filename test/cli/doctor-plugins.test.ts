import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, inject, test } from 'vitest'
import { doctor } from '../../cli/doctor/doctor.ts'
import { projectRoot, readEnvironment } from '../../cli/deployment/environment.ts'

/** Runs the doctor on a configuration. @returns the faults of its plug-ins. */
async function pluginFaultsOf(config: string): Promise<string[]> {
  const lines: string[] = []
  const settings = { TEMPORAL_ADDRESS: inject('temporalAddress'), DATA_DIR: '.cache/no-data' }
  const code = await doctor(readEnvironment(settings), join(projectRoot, config), (line) =>
    lines.push(stripVTControlCharacters(line)),
  )
  expect(code).toBe(1)
  return lines.filter((line) => line.startsWith('  ✗ Plug-ins')).map((line) => line.slice(4))
}

test('names every wrong member of a plug-in in a separate line, with the rule that it breaks', async () => {
  const faults = await pluginFaultsOf('test/cli/misshapen.config.ts')
  const lines = faults.map((line) =>
    line.replace('Plug-ins: The ', '').replace(' of the plug-in "steps"', ''),
  )
  expect(lines.slice(0, 15)).toEqual([
    'step "untitled" has no `title`. Give it a few words in the imperative, which people see.',
    'step "misplaced" has a wrong `placement`: "extern". Set it to `transactional`, `external` or `by-billing-adapter`.',
    'step "unversioned" has a wrong `version`: 0. Set it to a whole number, from 1.',
    'step "with spaces" has a wrong `id`: "with spaces". Give it a name in kebab case, such as `register-in-crm`, which never changes.',
    "step \"not-undone\" has `undo: 'undo'` and no `compensate`, so a cancel cannot undo it. Add `compensate`, or set `undo: 'keep'`.",
    "step \"asked\" has `undo: 'ask'` and no `compensate`, so a cancel cannot undo it. Add `compensate`, or set `undo: 'keep'`.",
    expect.stringMatching(
      /^step "by-id" has a wrong `needs`. List the steps themselves, or `{ id, version, /,
    ),
    expect.stringMatching(
      /^step "by-output" has a wrong `needs`. List the steps themselves, .* object schema/,
    ),
    expect.stringMatching(/^step "elsewhere" has a wrong `operations`. Set `operation` to .* add-account, /),
    'step "shapeless" has no `input`. Set it to an object schema of zod 4.',
    'step "shapeless" has a wrong `output`. Set it to an object schema of zod 4.',
    expect.stringMatching(/^step "impatient" has a wrong `retry`. Set its intervals to milliseconds /),
    'step "impatient" has a wrong `timeout`: "10s". Set it to milliseconds above 0, or leave it out.',
    'step "bodiless" has a wrong `after`: "create-user". Make it a list of the ids of steps.',
    'step "bodiless" has no `execute`. Make it a function, as the contract says.',
  ])
  const missing = (of: string) =>
    lines.flatMap((line) =>
      line.startsWith(of) ? (/ has (?:no|a wrong) `(\w+)`/.exec(line)?.[1] ?? []) : [],
    )
  const members = ['version', 'title', 'operations', 'needs', 'reads', 'placement', 'input', 'output', 'undo']
  expect(missing('step "a" of the plug-in "bare"')).toEqual([...members, 'preview', 'execute'])
  expect(missing('retired step "b" of the plug-in "bare"')).toEqual([...members, 'preview', 'execute'])
  expect(missing('billing adapter "My Bank" of the')).toEqual(['id', 'reportUsage', 'parseWebhook'])
  expect(missing('notifier "pigeon" of the')).toEqual([
    'sendInvitation',
    'sendPasswordReset',
    'sendTrialReminder',
  ])
  expect(missing('plug-in number 4')).toEqual(['name', 'steps'])
  expect(faults.at(-1)).toContain('Number 5 of `plugins` is not a plug-in. List the result of `definePlugin`')
})

test('names every input of a step that is not exact in a separate line', async () => {
  const faults = await pluginFaultsOf('test/cli/inexact.config.ts')
  const title = 'Plug-ins (accounts, subscriptions, ledger, smtp, crm): '
  const impossible = 'Correct the field, make it optional, or name the step in `needs` whose output has it.'
  const taken = 'has the name of a field of the request for'
  const shared = 'Give one of the outputs another name, or read only one of them.'
  expect(faults.map((line) => line.replace(title, ''))).toEqual([
    'Step "forgotten" names "ghost" in its `reads`, which no plug-in brings for add-account. Enable the plug-in that brings it, or correct the name.',
    'Step "forgotten" was written for version 3 of "create-user", and version 1 is enabled. Bring both to the same version.',
    `The output "plan" of step "renames-plan" ${taken} add-account. Give the output another name.`,
    `The output "parentId" of step "renames-plan" ${taken} add-account. Give the output another name.`,
    `Step "two-organizations" reads the output "organizationId" of both "create-organization" and "crm-account". ${shared}`,
    `Step "two-billings" reads the output "subscriptionExternalId" of both "start-billing" and "subscription". ${shared}`,
    'Step "unordered" reads the output of "late", and neither runs before the other. Name "late" in `after` of "unordered".',
    `Step "wishful" requires "organizationId" in its input, which no run for add-account has. ${impossible}`,
    `Step "wishful" requires "taxNumber" in its input, which no run for add-account has. ${impossible}`,
    `Step "wishful" requires "company.name" as number in its input, which no run for add-account has. ${impossible}`,
    `Step "wishful" requires "company.registry" in its input, which no run for add-account has. ${impossible}`,
    `Step "early" requires "crmId" in its input, which no run for add-account has. ${impossible}`,
    `The output "organizationId" of step "renames-organization" ${taken} add-user. Give the output another name.`,
  ])
})
