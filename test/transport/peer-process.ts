/** A worker's peer service as a process of its own, to be killed: holds one leaf of zeros. Prints its address. */
import { createExchange } from '../../worker/allreduce/exchange.js';
import { createGradientStore } from '../../worker/allreduce/gradient-store.js';
import { createPeerService } from '../../worker/allreduce/peer-service.js';
import { linearCompute } from '../support/linear-compute.js';
import { startTensorServer } from '../support/tensor-server.js';

const [length, generation, step] = process.argv.slice(2).map(Number);
const store = createGradientStore(length!, linearCompute());
const exchange = createExchange(store);
exchange.begin({ generation: generation!, step: step! }, 2);
await store.addLeaf(1, store.pool.take());
const { address } = await startTensorServer(createPeerService(() => exchange));
console.log(address);
