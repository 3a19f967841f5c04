import { serve } from '../lib/serve.mjs';

// services.yaml says that production listens on all addresses.
const host = process.env.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1';
serve('web', { meta: process.env.META, training: process.env.TRAINING }, host);
