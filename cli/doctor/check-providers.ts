import { DeadlinePassed, withDeadline } from '../../domain/calls/deadline.ts'
import { type Plugin, StepError } from '../../plugins/plugin-contract.ts'
import type { Fault } from '../../plugins/faults.ts'
import type { Verdict } from './verdict.ts'

/** @param patience milliseconds after which a provider without an answer counts as unreachable. */
export async function checkProviders(plugins: readonly Plugin[], patience = 10_000): Promise<Verdict[]> {
  const adapters = plugins.flatMap((plugin) => plugin.billing ?? [])
  const notifiers = plugins.flatMap((plugin) => plugin.notifiers ?? [])
  const verdicts = await Promise.all([
    ...adapters.map((adapter) => checkProvider(`Billing adapter "${adapter.id}"`, adapter, patience)),
    ...notifiers.map((notifier) => checkProvider(`Notifier "${notifier.id}"`, notifier, patience)),
  ])
  return notifiers.length > 0 ? verdicts : [...verdicts, { title: 'Notifier', faults: [noNotifier] }]
}

interface Provider {
  check(signal: AbortSignal): Promise<void>
}

async function checkProvider(title: string, provider: Provider, patience: number): Promise<Verdict> {
  try {
    await withDeadline({ milliseconds: patience }, (signal) => provider.check(signal))
    return { title, faults: [] }
  } catch (error) {
    return { title, faults: [error instanceof DeadlinePassed ? noAnswer(patience) : faultOf(error)] }
  }
}

function noAnswer(patience: number): Fault {
  return {
    message: `The provider gave no answer within ${patience / 1000} seconds.`,
    nextAction: 'Check that the provider is up and that its settings have the right address.',
  }
}

/** An unexpected error may quote a key or an address, so only its name is shown. */
function faultOf(error: unknown): Fault {
  if (error instanceof StepError) return { message: error.message, nextAction: error.nextAction }
  const kind = error instanceof Error ? error.name : typeof error
  return {
    message: `The check failed with an error that the plug-in did not classify (${kind}).`,
    nextAction: 'Check the settings of the provider, and the plug-in.',
  }
}

const noNotifier: Fault = {
  message: 'No plug-in brings a notifier, so nobody can be invited.',
  nextAction: 'Enable one in the configuration, such as smtp.',
}
