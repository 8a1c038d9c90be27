import nodemailer from 'nodemailer'

/** A pooled connection to the mail server. Every wait has an end, well before the step's own. */
export function createTransport(url: string) {
  return nodemailer.createTransport({
    url,
    pool: true,
    maxConnections: 5,
    connectionTimeout: 4_000,
    greetingTimeout: 4_000,
    socketTimeout: 10_000,
    dnsTimeout: 4_000,
    // Message bodies are ours: nothing is read from a disk or fetched for them.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}
