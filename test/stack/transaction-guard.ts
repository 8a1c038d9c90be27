import { AsyncLocalStorage } from 'node:async_hooks'
import type { Transaction, TransactionBuilder } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import type { Plugin, Step } from '../../plugins/plugin-contract.ts'

const inTransaction = new AsyncLocalStorage<true>()

/** Makes the guard of the providers know which code runs inside a transaction of this connection. */
export function watchTransactions(db: DatabaseConnection): DatabaseConnection {
  const transaction = db.transaction.bind(db)
  return Object.assign(db, { transaction: () => watched(transaction()) })
}

function watched(builder: TransactionBuilder<Database>): TransactionBuilder<Database> {
  const { execute, setIsolationLevel } = builder
  return Object.assign(builder, {
    execute: <Result>(body: (transaction: Transaction<Database>) => Promise<Result>) =>
      execute.call(builder, (transaction) => inTransaction.run(true, () => body(transaction))),
    setIsolationLevel: (...level: Parameters<typeof setIsolationLevel>) =>
      watched(setIsolationLevel.apply(builder, level)),
  })
}

/**
 * Makes every call to a provider fail while a transaction is open. An adapter that keeps its records in our own Postgres is no
 * provider.
 */
export function guardProviders(plugins: readonly Plugin[]) {
  const violations: string[] = []
  const guarded = <Target extends object>(target: Target, calls: (name: string) => boolean): Target =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || !calls(String(name))) return member
        return (...all: unknown[]): unknown => {
          if (inTransaction.getStore() === true) {
            const violation = `${nameOf(target)}.${String(name)} was called while a transaction was open.`
            violations.push(violation)
            throw new Error(violation)
          }
          return Reflect.apply(member, target, all)
        }
      },
    })
  return {
    plugins: plugins.map((plugin) => ({
      ...plugin,
      steps: plugin.steps?.map((step) => guarded(step, (name) => callsOf(step).includes(name))) ?? [],
      billing:
        plugin.billing?.map((adapter) =>
          adapter.capabilities.transactional
            ? adapter
            : guarded(adapter, (name) => name !== 'preview' && name !== 'parseWebhook'),
        ) ?? [],
      notifiers: plugin.notifiers?.map((each) => guarded(each, (name) => name.startsWith('send'))) ?? [],
    })),
    /** @throws Error when a provider was called while a transaction was open, although the test may not have noticed. */
    check(): void {
      if (violations.length > 0) throw new Error(violations.join('\n'))
    },
  }
}

/** The functions of a step that call a provider. */
function callsOf({ placement }: Step): string[] {
  if (placement === 'external') return ['execute', 'lookup', 'compensate']
  return placement === 'by-billing-adapter' ? ['lookup'] : []
}

function nameOf(target: object): string {
  return 'id' in target ? String(target.id) : 'A provider'
}
