import pRetry from 'p-retry'

// Sources: the error codes of Node.js; appendix A of the PostgreSQL manual.
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  // Connection failure, shutdown, crash, startup, too many connections.
  '08000',
  '08003',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  // Lock timeout, statement timeout, deadlock. The transaction was rolled back.
  '55P03',
  '57014',
  '40P01',
])

const outageMessages =
  /^connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|query read timeout/i

/** Whether a statement failed because the database is unreachable or too busy, so that the same statement may succeed later. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (outageMessages.test(error.message)) return true
  return 'code' in error && typeof error.code === 'string' && outageCodes.has(error.code)
}

/** Repeats a statement while the database is unreachable. @param patience the longest time, in milliseconds. */
export function outlastOutage<Result>(patience: number, statement: () => Promise<Result>): Promise<Result> {
  return pRetry(statement, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 1_000,
    maxRetryTime: patience,
    shouldRetry: ({ error }) => isDatabaseOutage(error),
  })
}
