import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { projectRoot } from '../../../cli/deployment/environment.ts'
import type { BillingAdapter } from '../../../plugins/plugin-contract.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { providerSecret } from './billing-provider.ts'

// The folder is inside the project, because the example imports a dependency of the project.
const folder = join(projectRoot, '.cache', 'billing-http-example')
const port = await getPort()
let stop: () => void

beforeAll(async () => {
  const page = await readFile(join(projectRoot, 'docs', 'billing-http.md'), 'utf8')
  const [, code] = page.match(/^```ts\n([^]*?)^```$/m) ?? []
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'provider.ts')
  await writeFile(file, code ?? '')
  const env = { ...process.env, PORT: String(port), BILLING_HTTP_SECRET: providerSecret }
  const provider = spawn(process.execPath, [file], { env, stdio: 'inherit' })
  stop = () => void provider.kill()
  await vi.waitFor(() => adapterWith(providerSecret).check(signal()), { timeout: 20_000 })
})
afterAll(async () => {
  stop()
  await rm(folder, { recursive: true })
})

function adapterWith(secret: string): BillingAdapter {
  const [adapter] = http({ url: `http://127.0.0.1:${port}/calls`, secret }).billing ?? []
  return adapter ?? expect.unreachable()
}

const signal = () => AbortSignal.timeout(10_000)

test('the provider in the documentation runs and follows the protocol', async () => {
  const adapter = adapterWith(providerSecret)
  const call = { idempotencyKey: 'onb_1:start-billing:1:customer', signal: signal() }
  expect(await adapter.find(call)).toBeUndefined()
  const first = await adapter.ensureCustomer(call, { organizationId: 'org_1', name: 'Contoso' })
  expect(await adapter.ensureCustomer(call, { organizationId: 'org_1', name: 'Contoso' })).toEqual(first)
  expect(await adapter.find(call)).toEqual(first)
  const tooLong = { organizationId: 'org_1', name: 'x'.repeat(101) }
  await expect(adapter.ensureCustomer({ ...call, idempotencyKey: 'other' }, tooLong)).rejects.toMatchObject({
    code: 'name_too_long',
    fields: [{ pointer: '/company/name', message: 'At most 100 letters.' }],
  })
})

test('the provider in the documentation refuses a wrong secret', async () => {
  const adapter = adapterWith('whsec_YW5vdGhlci1zZWNyZXQtdGhhdC1ub2JvZHkta25vd3M=')
  await expect(adapter.check(signal())).rejects.toMatchObject({ code: 'billing_credentials_refused' })
})
