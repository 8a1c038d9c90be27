// Sources: the error codes of Node.js, and of PostgreSQL in its manual, appendix A.
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  // Connection failures, shutting down, crashed, starting up, too many connections.
  '08000',
  '08003',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  // Too busy: a lock or a statement took longer than it may, or two waited for each other. Nothing of it was kept.
  '55P03',
  '57014',
  '40P01',
])

const outageMessages =
  /^connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|query read timeout/i

/** Whether a statement failed because the database is away or too busy at present, and not because of what it says. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (outageMessages.test(error.message)) return true
  return 'code' in error && typeof error.code === 'string' && outageCodes.has(error.code)
}
