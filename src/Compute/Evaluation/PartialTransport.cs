namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// Partial earth mover's distance (Rubner et al. 2000): the least work of bringing all of one set of masses into another that may have room left over. Exact,
/// by successive shortest paths; masses are whole numbers, so that it ends.
/// </summary>
internal static class PartialTransport
{
    /// <summary>The mean distance that a unit of mass travels.</summary>
    /// <param name="supplies">Masses to bring, n of them, 0 or more.</param>
    /// <param name="rooms">Room at each of m places, 0 or more; together at least the masses.</param>
    /// <param name="distances">Distance from supply i to place j at [i * m + j], 0 or more.</param>
    /// <returns>The least work divided by the mass; 0 of no mass.</returns>
    /// <exception cref="ArgumentException">There is less room than mass, or the sizes don't fit.</exception>
    public static double MeanDistance(ReadOnlySpan<int> supplies, ReadOnlySpan<int> rooms, ReadOnlySpan<float> distances)
    {
        var (n, m) = (supplies.Length, rooms.Length);
        var total = Sum(supplies);
        if (distances.Length != n * m || Sum(rooms) < total)
        {
            throw new ArgumentException($"{n} supplies of {total} in all don't fit {m} places with room for {Sum(rooms)}.", nameof(rooms));
        }

        if (total == 0)
        {
            return 0;
        }

        var (left, free) = (supplies.ToArray(), rooms.ToArray());
        var flow = new int[n * m];
        var potential = new double[n + m];
        var (path, from, done) = (new double[n + m], new int[n + m], new bool[n + m]);
        var work = 0.0;
        for (var brought = 0L; brought < total;)
        {
            var end = ShortestPath(left, free, flow, potential, distances, path, from, done);

            // How much the path can carry: what its start has left, what is brought elsewhere on it, and the room at its end.
            var amount = free[end - n];
            var start = end;
            while (from[start] >= 0)
            {
                var before = from[start];
                amount = start >= n ? amount : Math.Min(amount, flow[(start * m) + before - n]);
                start = before;
            }

            amount = Math.Min(amount, left[start]);
            for (var node = end; from[node] >= 0; node = from[node])
            {
                var before = from[node];
                if (node >= n)
                {
                    flow[(before * m) + node - n] += amount;
                    work += (double)amount * distances[(before * m) + node - n];
                }
                else
                {
                    flow[(node * m) + before - n] -= amount;
                    work -= (double)amount * distances[(node * m) + before - n];
                }
            }

            left[start] -= amount;
            free[end - n] -= amount;
            brought += amount;
        }

        return work / total;
    }

    // Dijkstra over reduced distances, from all supplies that have something left to the nearest place with room. Nodes: supplies, then places.
    private static int ShortestPath(
        int[] left,
        int[] free,
        int[] flow,
        double[] potential,
        ReadOnlySpan<float> distances,
        double[] path,
        int[] from,
        bool[] done
    )
    {
        var (n, m) = (left.Length, free.Length);
        Array.Clear(done);
        Array.Fill(from, -1);
        for (var v = 0; v < path.Length; v++)
        {
            path[v] = v < n && left[v] > 0 ? Math.Max(0, -potential[v]) : double.PositiveInfinity;
        }

        var (end, best) = (-1, double.PositiveInfinity); // by true distance: that of the path and the potential at its end
        while (true)
        {
            var u = -1;
            for (var v = 0; v < path.Length; v++)
            {
                u = !done[v] && path[v] < double.PositiveInfinity && (u < 0 || path[v] < path[u]) ? v : u;
            }

            if (u < 0)
            {
                break;
            }

            done[u] = true;
            if (u >= n)
            {
                if (free[u - n] > 0 && path[u] + potential[u] < best)
                {
                    (end, best) = (u, path[u] + potential[u]);
                }

                for (var i = 0; i < n; i++)
                {
                    if (flow[(i * m) + u - n] > 0)
                    {
                        Relax(i, u, path[u] + Math.Max(0, potential[u] - distances[(i * m) + u - n] - potential[i]));
                    }
                }
            }
            else
            {
                for (var j = 0; j < m; j++)
                {
                    Relax(n + j, u, path[u] + Math.Max(0, distances[(u * m) + j] + potential[u] - potential[n + j]));
                }
            }
        }

        for (var v = 0; v < path.Length; v++)
        {
            potential[v] += path[v] < double.PositiveInfinity ? path[v] : 0;
        }

        return end;

        void Relax(int node, int before, double length)
        {
            if (!done[node] && length < path[node])
            {
                (path[node], from[node]) = (length, before);
            }
        }
    }

    private static long Sum(ReadOnlySpan<int> values)
    {
        var sum = 0L;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }
}
